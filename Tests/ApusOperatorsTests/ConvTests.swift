// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct ConvTests {
    @Test("Groups, strides and pads give what the definition gives", arguments: [1, 2, 4])
    func definition(groups: Int) throws {
        let image = try ramp([2, 4, 7, 6])
        let filters = try ramp([8, 4 / groups, 3, 2], scale: 0.5)
        let bias = try ramp([8])
        let result = try evaluated(
            Conv.self,
            ["group": .integer(Int64(groups)), "strides": .integers([2, 1]), "pads": .integers([1, 0, 2, 1])],
            [image, filters, bias])[0]
        #expect(result.shape == [2, 8, 4, 6])
        let (source, weights) = (try image.array(of: Float.self), try filters.array(of: Float.self))
        var expected: [Float] = []
        for place in 0..<result.elementCount {
            let (column, row) = (place % 6, place / 6 % 4)
            let (filter, item) = (place / 24 % 8, place / 192)
            var sum = try bias.array(of: Float.self)[filter]
            for channel in 0..<4 / groups {
                for tap in 0..<6 {
                    let (y, x) = (row * 2 - 1 + tap / 2, column + tap % 2)
                    guard y >= 0, y < 7, x < 6 else { continue }
                    let plane = item * 4 + filter / (8 / groups) * (4 / groups) + channel
                    sum += source[plane * 42 + y * 6 + x] * weights[(filter * (4 / groups) + channel) * 6 + tap]
                }
            }
            expected.append(sum)
        }
        #expect(agrees(try result.array(of: Float.self), expected))
    }

    @Test("Half types are computed in single precision, f64 in its own")
    func types() throws {
        let image = try ramp([1, 3, 5, 5])
        let filters = try ramp([6, 3, 3, 3])
        let single = try evaluated(Conv.self, [image, filters])[0]
        let half = try evaluated(Conv.self, [image.cast(to: .float16), filters.cast(to: .float16)])[0]
        let double = try evaluated(Conv.self, [image.cast(to: .float64), filters.cast(to: .float64)])[0]
        #expect(half.elementType == .float16)
        #expect(double.elementType == .float64)
        #expect(agrees(try half.reals(as: Float.self), try single.array(of: Float.self), within: 1e-3))
        #expect(agrees(try double.reals(as: Float.self), try single.array(of: Float.self)))
    }

    @Test("Shapes that do not fit are refused")
    func refusals() throws {
        let image = try ramp([1, 4, 5, 5])
        #expect(refusal(Conv.self, [image, try ramp([2, 3, 3, 3])]) == .shape)
        #expect(refusal(Conv.self, [image, try ramp([2, 4, 3])]) == .shape)
        #expect(refusal(Conv.self, [image, try ramp([2, 4, 7, 7])]) == .shape)
        #expect(refusal(Conv.self, [image, try ramp([2, 4, 3, 3]), try ramp([3])]) == .shape)
        #expect(refusal(Conv.self, ["group": .integer(0)], [image, image]) == .attribute)
        #expect(refusal(Conv.self, ["strides": .integers([0, 1])], [image, image]) == .attribute)
        #expect(refusal(Conv.self, ["auto_pad": .string("OTHER")], [image, image]) == .attribute)
        #expect(refusal(ConvTranspose.self, [image, try ramp([3, 2, 3, 3])]) == .shape)
        #expect(
            refusal(ConvTranspose.self, ["pads": .integers([9, 9, 9, 9])], [image, try ramp([4, 2, 3, 3])]) == .shape)
    }

    @Test("An empty batch gives an empty result")
    func empty() throws {
        let result = try evaluated(Conv.self, [try ramp([0, 3, 5, 5]), try ramp([2, 3, 3, 3])])[0]
        #expect(result.shape == [0, 2, 3, 3])
    }

    @Test("Signals longer than a block of patches give what short ones give")
    func longSignals() throws {
        let signal = try ramp([1, 64, 6000])
        let filters = try ramp([2, 64, 40], scale: 0.01)
        let whole = try evaluated(Conv.self, ["pads": .integers([3, 5])], [signal, filters])[0]
        let values = try signal.array(of: Float.self)
        let start = 4500
        let cut = (0..<64).flatMap { channel in (0..<139).map { values[channel * 6000 + start + $0] } }
        let part = try evaluated(Conv.self, [try Tensor(cut, shape: [1, 64, 139]), filters])[0]
        let (long, short) = (try whole.array(of: Float.self), try part.array(of: Float.self))
        let length = whole.shape[2]
        for filter in 0..<2 {
            let first = filter * length + start + 3
            #expect(
                agrees(Array(long[first..<first + 100]), Array(short[filter * 100..<filter * 100 + 100]), within: 1e-4))
        }
    }

    @Test("Empty tensors with endless other sizes are refused")
    func endless() throws {
        let image = try MutableTensor(.float32, [0, 1 << 28, 1]).finish()
        #expect(refusal(Conv.self, [image, image]) == .limit)
        #expect(refusal(GlobalMaxPool.self, [image]) == .limit)
        #expect(refusal(LayerNormalization.self, [image, image]) == .limit)
        #expect(refusal(Resize.self, [image, nil, try ramp([3])]) == .limit)
    }

    @Test("A transposed convolution undoes the sizes of a convolution")
    func transposed() throws {
        let image = try ramp([1, 2, 3])
        let filters = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 1, 2])
        let result = try evaluated(ConvTranspose.self, ["strides": .integers([2])], [image, filters])[0]
        let x = try image.array(of: Float.self)
        var expected = [Float](repeating: 0, count: 6)
        for place in 0..<3 {
            expected[2 * place] = x[place] + 3 * x[3 + place]
            expected[2 * place + 1] = 2 * x[place] + 4 * x[3 + place]
        }
        #expect(agrees(try result.array(of: Float.self), expected))
    }
}
