// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct SignalTests {
    @Test("Every length transforms as the sum that defines it", arguments: [1, 2, 3, 8, 60, 64, 65, 97, 100, 128, 210])
    func definition(count: Int) throws {
        let real = (0..<count).map { Double($0 * 7 % 11) - 5 }
        let imaginary = (0..<count).map { Double($0 * 5 % 13) - 6 }
        var (left, right) = (real, imaginary)
        try FourierTransform(count, inverse: false)(&left, &right)
        for frequency in 0..<count {
            var (a, b) = (0.0, 0.0)
            for index in 0..<count {
                let angle = -2 * Double.pi * Double(frequency * index % count) / Double(count)
                a += real[index] * Double.cos(angle) - imaginary[index] * Double.sin(angle)
                b += real[index] * Double.sin(angle) + imaginary[index] * Double.cos(angle)
            }
            #expect(abs(left[frequency] - a) < 1e-8 && abs(right[frequency] - b) < 1e-8)
        }
    }

    @Test("Half a spectrum comes back as the signal", arguments: [6, 7, 100])
    func halves(count: Int) throws {
        let signal = try ramp([2, count, 1])
        let length = try Tensor(scalar: Int64(count))
        let half: [String: Attribute] = ["onesided": .integer(1)]
        let spectrum = try evaluated(DFT.self, half, [signal])[0]
        #expect(spectrum.shape == [2, count / 2 + 1, 2])
        let back = try evaluated(DFT.self, ["onesided": .integer(1), "inverse": .integer(1)], [spectrum, length])[0]
        #expect(agrees(try back.array(of: Float.self), try signal.array(of: Float.self)))
    }

    @Test("The bins of an STFT stay unknown while its frame length is an input")
    func inference() throws {
        let node = Node("STFT", opset: 17, inputs: ["x", "s", "", "l"], outputs: ["y"])
        let length = InferredValue.tensor(.int64, [])
        let facts: [InferredValue?] = [.tensor(.float32, [1, 128, 1]), length, nil, length]
        let dimensions = try STFT(NodeReader(node)).infer(facts)[0].type.dimensions
        #expect(dimensions?[2].value == nil)
    }

    @Test("Lengths and axes that do not fit are refused")
    func refusals() throws {
        let signal = try ramp([1, 8, 1])
        let axis = try Tensor(scalar: Int64(2))
        #expect(refusal(DFT.self, [signal, nil, axis]) == .shape)
        #expect(refusal(DFT.self, [signal, try Tensor(scalar: Int64(0))]) == .limit)
        #expect(refusal(DFT.self, [signal, try Tensor(scalar: Int64.max)]) == .limit)
        #expect(refusal(DFT.self, [try ramp([1, 8, 3])]) == .shape)
        let step = try Tensor(scalar: Int64(0))
        #expect(refusal(STFT.self, [signal, step]) == .value)
        #expect(refusal(STFT.self, [signal, axis, nil, try Tensor(scalar: Int64(9))]) == .value)
        #expect(refusal(HannWindow.self, [try Tensor(scalar: Int64(-1))]) == .value)
        let edges = [Float(0), Float.nan].map { try? Tensor(scalar: $0) }
        let counts = [8, 16, 8192].map { try? Tensor(scalar: Int32($0)) }
        #expect(refusal(MelWeightMatrix.self, counts + edges) == .value)
    }
}
