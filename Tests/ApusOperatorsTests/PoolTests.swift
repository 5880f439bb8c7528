// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct PoolTests {
    @Test("Global p-norms are taken over whole planes")
    func globalNorm() throws {
        let input = try Tensor([3, -4, 1, 2] as [Float], shape: [1, 2, 2])
        let second = try evaluated(GlobalLpPool.self, [input])[0]
        #expect(agrees(try second.array(of: Float.self), [5, Float(5).squareRoot()]))
        let first = try evaluated(GlobalLpPool.self, ["p": .integer(1)], [input])[0]
        #expect(agrees(try first.array(of: Float.self), [7, 3]))
        let third = try evaluated(GlobalLpPool.self, ["p": .integer(3)], [input])[0]
        let roots = [Double(91), 9].map(\.squareRootOfThird)
        #expect(agrees(try third.array(of: Float.self), roots))
    }

    @Test("Regions are pooled over cells that share borders")
    func regions() throws {
        let image = try Tensor((0..<16).map { Float($0) }, shape: [1, 1, 4, 4])
        let rois = try Tensor([0, 0, 0, 3, 3, 0, 1, 1, 1, 1] as [Float], shape: [2, 5])
        let result = try evaluated(MaxRoiPool.self, ["pooled_shape": .integers([2, 2])], [image, rois])[0]
        #expect(try result.array(of: Float.self) == [5, 7, 13, 15, 5, 5, 5, 5])
    }

    @Test("Regions and indices outside are refused")
    func refusals() throws {
        let image = try ramp([1, 1, 4, 4])
        let far = try Tensor([0, 0, 0, Float.nan, 3], shape: [1, 5])
        let shape: [String: Attribute] = ["pooled_shape": .integers([2, 2])]
        #expect(refusal(MaxRoiPool.self, shape, [image, far]) == .value)
        let wrong = try Tensor([7, 0, 0, 3, 3] as [Float], shape: [1, 5])
        #expect(refusal(MaxRoiPool.self, shape, [image, wrong]) == .value)
        let box = try Tensor([0, 0, Float.infinity, 3], shape: [1, 4])
        let first = try Tensor([0] as [Int64], shape: [1])
        #expect(refusal(RoiAlign.self, [image, box, first]) == .value)
        let places = try Tensor([99] as [Int64], shape: [1, 1, 1, 1])
        let kernel: [String: Attribute] = ["kernel_shape": .integers([2, 2])]
        #expect(refusal(MaxUnpool.self, kernel, [try ramp([1, 1, 1, 1]), places]) == .value)
        #expect(refusal(MaxPool.self, kernel, [try ramp([1, 1, 4])]) == .shape)
        #expect(refusal(MaxPool.self, [image]) == .attribute)
        #expect(refusal(GlobalMaxPool.self, [try ramp([1, 1, 0])]) == .shape)
    }

    @Test("Signed bytes are pooled as they are")
    func bytes() throws {
        let input = try Tensor([-5, -9, -7, -128] as [Int8], shape: [1, 1, 4])
        let result = try evaluated(
            MaxPool.self, ["kernel_shape": .integers([2]), "strides": .integers([2])], [input], outputs: 2)
        #expect(try result[0].array(of: Int8.self) == [-5, -7])
        #expect(try result[1].array(of: Int64.self) == [0, 2])
    }

    @Test("Padding counts only where it is said to, and never beyond its end")
    func padding() throws {
        let input = try Tensor([2, 4, 6] as [Float], shape: [1, 1, 3])
        let attributes: [String: Attribute] = [
            "kernel_shape": .integers([2]), "strides": .integers([2]), "pads": .integers([1, 0]),
            "ceil_mode": .integer(1),
        ]
        let plain = try evaluated(AveragePool.self, attributes, [input])[0]
        #expect(try plain.array(of: Float.self) == [2, 5])
        var counting = attributes
        counting["count_include_pad"] = .integer(1)
        let counted = try evaluated(AveragePool.self, counting, [input])[0]
        #expect(try counted.array(of: Float.self) == [1, 5])
    }
}

extension Double {
    fileprivate var squareRootOfThird: Float { Float(Double.pow(self, 1.0 / 3)) }
}
