// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct VisionTests {
    @Test("Strings are resized to their nearest neighbours")
    func strings() throws {
        let input = try Tensor(strings: ["a", "b"], shape: [2])
        let sizes = try Tensor([4] as [Int64], shape: [1])
        let result = try evaluated(Resize.self, [input, nil, nil, sizes])[0]
        #expect(result.strings == ["a", "a", "b", "b"])
    }

    @Test("Bytes are mixed, rounded and kept in range")
    func bytes() throws {
        let input = try Tensor([0, 255] as [UInt8], shape: [2])
        let sizes = try Tensor([3] as [Int64], shape: [1])
        let result = try evaluated(Resize.self, ["mode": .string("linear")], [input, nil, nil, sizes])[0]
        #expect(try result.array(of: UInt8.self) == [0, 128, 255])
    }

    @Test("The first operator set has scales as its second input")
    func first() throws {
        let scales = try Tensor([2] as [Float], shape: [1])
        let result = try evaluated(Resize.self, opset: 10, [try ramp([2]), scales])[0]
        #expect(result.shape == [4])
    }

    @Test("Sizes of a resize are inferred from scales and from sizes")
    func inference() throws {
        let node = Node("Resize", opset: 19, inputs: ["x", "", "s"], outputs: ["y"])
        let scales = try Tensor([1, 2] as [Float], shape: [2])
        let image = InferredValue.tensor(.float32, [3, Dimension(symbol: "W")])
        let known = InferredValue(.tensor(.float32, [2]), constant: scales)
        let type = try Resize(NodeReader(node)).infer([image, nil, known])[0].type
        #expect(type == .tensor(.float32, [3, Dimension(symbol: "W") * 2]))
    }

    @Test("Scales and sizes that make no sense are refused", arguments: [0, -1, Float.nan, Float.infinity])
    func refusals(scale: Float) throws {
        let scales = try Tensor([scale], shape: [1])
        #expect(refusal(Resize.self, [try ramp([2]), nil, scales]) == .value)
        let sizes = try Tensor([-4] as [Int64], shape: [1])
        #expect(refusal(Resize.self, [try ramp([2]), nil, nil, sizes]) == .value)
        #expect(refusal(Resize.self, [try ramp([2])]) == .value)
        #expect(refusal(Resize.self, ["axes": .integers([0, 0])], [try ramp([2]), nil, nil, sizes]) == .attribute)
    }

    @Test("Grid points far away or not numbers read padding", arguments: ["zeros", "border", "reflection"])
    func farPoints(padding: String) throws {
        let image = try Tensor([1, 2, 3, 4] as [Float], shape: [1, 1, 2, 2])
        let grid = try Tensor([1e30, -1e30, Float.nan, 0, .infinity, 0], shape: [1, 1, 3, 2])
        let result = try evaluated(GridSample.self, ["padding_mode": .string(padding)], [image, grid])[0]
        #expect(result.shape == [1, 1, 1, 3])
    }

    @Test("Boxes of no area suppress nothing")
    func emptyBoxes() throws {
        let boxes = try Tensor([0, 0, 0, 0, 0, 0, 0, 0] as [Float], shape: [1, 2, 4])
        let scores = try Tensor([0.5, Float.nan], shape: [1, 1, 2])
        let limit = try Tensor(scalar: Int64(5))
        let result = try evaluated(NonMaxSuppression.self, [boxes, scores, limit])[0]
        #expect(result.shape == [1, 3])
        #expect(refusal(NonMaxSuppression.self, [boxes, try ramp([1, 1, 3]), limit]) == .shape)
    }
}
