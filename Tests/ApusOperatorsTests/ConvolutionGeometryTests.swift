// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct ConvolutionGeometryTests {
    @Test("Sizes of windows follow strides, dilations and pads")
    func sizes() throws {
        let geometry = ConvolutionGeometry(strides: [2], dilations: [2], pads: [1, 2])
        let window = try geometry.windows(input: [10], kernel: [3])[0]
        #expect(window.output == 5)
        #expect(window.taps(0) == 1..<3)
        #expect(window.windows(tap: 0) == 1..<5)
    }

    @Test("A rounded-up last window must begin inside the input")
    func roundsUp() throws {
        #expect(try ConvolutionGeometry(strides: [2]).windows(input: [4], kernel: [3], roundsUp: true)[0].output == 2)
        #expect(try ConvolutionGeometry(strides: [2]).windows(input: [2], kernel: [1], roundsUp: true)[0].output == 1)
    }

    @Test("Sizes known by name stay expressions")
    func symbols() throws {
        let size = Dimension(symbol: "H")
        let same = ConvolutionGeometry(pads: [1, 1])
        #expect(try same.outputs(input: [size], kernel: [3]) == [size])
        let halved = ConvolutionGeometry(strides: [2], pads: [1, 1])
        let expected = (size - 1).floorDivided(by: 2) + 1
        #expect(try halved.outputs(input: [size], kernel: [3]) == [expected])
        #expect(
            try halved.transposedOutputs(input: [size], kernel: [3], outputPadding: [1], outputShape: nil)
                == [size * 2])
    }

    @Test("Windows larger than their input and lists of the wrong length are refused")
    func refusals() throws {
        #expect(throws: ComputeError.self) { try ConvolutionGeometry().windows(input: [2], kernel: [5]) }
        #expect(throws: ComputeError.self) { try ConvolutionGeometry(pads: [1]).windows(input: [4], kernel: [3]) }
        #expect(throws: ComputeError.self) { try ConvolutionGeometry().windows(input: [1 << 40], kernel: [3]) }
        #expect(throws: ComputeError.self) { try ConvolutionGeometry(kernel: [2]).windows(input: [4], kernel: [3]) }
    }
}
