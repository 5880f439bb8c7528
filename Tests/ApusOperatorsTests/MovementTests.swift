// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct MovementTests {
    private static let types: [ElementType] = [.uint8, .float16, .float32, .int64, .complex128]

    /// A tensor whose element at each position has a pattern of its own.
    private func numbered(_ type: ElementType, _ shape: Shape) throws -> Tensor {
        var tensor = try MutableTensor(type, shape)
        var bytes = tensor.mutableBytes
        let width = type.byteWidth
        for index in 0..<shape.elementCount {
            for byte in 0..<width {
                bytes.storeBytes(
                    of: UInt8(truncatingIfNeeded: index &* 31 &+ byte &* 7), toByteOffset: index * width + byte,
                    as: UInt8.self)
            }
        }
        return tensor.finish()
    }

    private func element(_ tensor: Tensor, _ index: Int) -> [UInt8] {
        let width = tensor.elementType.byteWidth
        // SAFETY: the tests ask for elements the tensor has.
        return (0..<width).map { unsafe tensor.bytes.unsafeLoad(fromByteOffset: index * width + $0, as: UInt8.self) }
    }

    @Test("Transposing any shape in any order puts every element where it belongs", arguments: types)
    func transpose(type: ElementType) throws {
        var random = SplitMix(seed: 17)
        for _ in 0..<60 {
            let rank = Int.random(in: 1...5, using: &random)
            let shape = Shape((0..<rank).map { _ in Int.random(in: 1...(rank > 3 ? 5 : 40), using: &random) })
            let order = Array(0..<rank).shuffled(using: &random)
            let source = try numbered(type, shape)
            let result = try evaluated(Transpose.self, ["perm": .integers(order.map { Int64($0) })], [source])[0]
            #expect(result.shape == Shape(order.map { shape[$0] }))
            let steps = shape.strides
            for index in 0..<min(result.elementCount, 500) {
                let position = index &* 7919 % result.elementCount
                var rest = position
                var place = 0
                for axis in (0..<rank).reversed() {
                    place += rest % result.shape[axis] * steps[order[axis]]
                    rest /= result.shape[axis]
                }
                #expect(element(result, position) == element(source, place), "seed 17, \(shape) by \(order)")
            }
        }
    }

    @Test("Concatenating the parts of a split gives the whole", arguments: types)
    func splitAndConcat(type: ElementType) throws {
        let source = try numbered(type, [3, 7, 5])
        for axis in -3..<3 {
            let size = Int64(source.shape[(axis + 3) % 3])
            let parts = try evaluated(
                Split.self, ["axis": .integer(Int64(axis))], [source, try integers([1, 0, size - 1])], outputs: 3)
            let whole = try evaluated(Concat.self, ["axis": .integer(Int64(axis))], parts.map { $0 })[0]
            #expect(whole.shape == source.shape)
            #expect((0..<source.elementCount).allSatisfy { element(whole, $0) == element(source, $0) })
        }
    }

    @Test("Strings move like any element")
    func strings() throws {
        let source = try Tensor(strings: ["a", "b", "c", "d", "e", "f"], shape: [2, 3])
        #expect(try evaluated(Transpose.self, [source])[0].strings == ["a", "d", "b", "e", "c", "f"])
        let flipped = try evaluated(
            Slice.self, [source, try integers([-1]), try integers([-9]), try integers([1]), try integers([-2])])[0]
        #expect(flipped.strings == ["c", "a", "f", "d"])
        #expect(try evaluated(Tile.self, [source, try integers([1, 2])])[0].strings.count == 12)
        #expect(try evaluated(Gather.self, [source, try integers([-1])])[0].strings == ["d", "e", "f"])
        let padded = try evaluated(
            Pad.self, [source, try integers([0, 1, 0, 0]), try Tensor(strings: ["-"], shape: [])])[0]
        #expect(padded.strings == ["-", "a", "b", "c", "-", "d", "e", "f"])
        let reflected = try evaluated(
            Pad.self, ["mode": .string("reflect")], [source, try integers([0, 4, 0, 0])])[0]
        #expect(reflected.strings.prefix(7) == ["a", "b", "c", "b", "a", "b", "c"])
    }

    @Test("Old versions take their settings from attributes")
    func attributes() throws {
        let source = try ramp([2, 3])
        let padded = try evaluated(
            Pad.self, opset: 2, ["pads": .integers([0, 1, 0, -1]), "value": .float(9)], [source])[0]
        #expect(padded.shape == [2, 3])
        #expect(try padded.array(of: Float.self)[0] == 9)
        let sliced = try evaluated(
            Slice.self, opset: 1, ["starts": .integers([1]), "ends": .integers([100]), "axes": .integers([1])], [source]
        )
        #expect(sliced[0].shape == [2, 2])
        let split = try evaluated(
            Split.self, opset: 2, ["axis": .integer(1), "split": .integers([1, 2])], [source], outputs: 2)
        #expect(split.map(\.shape) == [[2, 1], [2, 2]])
        #expect(
            try evaluated(Unsqueeze.self, opset: 11, ["axes": .integers([-1, 0])], [source])[0].shape == [1, 2, 3, 1])
        #expect(try evaluated(Squeeze.self, opset: 1, [try ramp([1, 2, 1])])[0].shape == [2])
    }

    @Test("What does not fit is refused")
    func refusals() throws {
        let source = try ramp([2, 3])
        #expect(refusal(Reshape.self, [source, try integers([4, -1])]) == .shape)
        #expect(refusal(Reshape.self, [source, try integers([-1, -1])]) == .shape)
        #expect(refusal(Reshape.self, [source, try integers([2, 3, 0])]) == .shape)
        #expect(refusal(Transpose.self, ["perm": .integers([0, 0])], [source]) == .attribute)
        #expect(refusal(Expand.self, [source, try integers([2, 4])]) == .shape)
        #expect(refusal(Expand.self, [source, try integers([.max, .max, 1, 1])]) == .limit)
        #expect(refusal(Tile.self, [source, try integers([.max, 2])]) == .limit)
        #expect(refusal(Tile.self, [source, try integers([-1, 2])]) == .value)
        #expect(refusal(Pad.self, [source, try integers([.min, 0, .max, 0])]) == .limit)
        #expect(refusal(Pad.self, ["mode": .string("edge")], [source, try integers([-2, 0, 1, 0])]) == .shape)
        #expect(refusal(Slice.self, [source, try integers([0]), try integers([1]), try integers([2])]) == .shape)
        #expect(
            refusal(
                Slice.self, [source, try integers([0]), try integers([1]), try integers([0]), try integers([0])])
                == .value)
        #expect(refusal(Split.self, [source, try integers([1, 2])], outputs: 2) == .shape)
        #expect(refusal(Concat.self, ["axis": .integer(0)], [source, try integers([1])]) == .shape)
        #expect(refusal(Concat.self, ["axis": .integer(0)], [try ramp([1]), try integers([1])]) == .elementType)
        #expect(refusal(ConstantOfShape.self, [try integers([.max, .max])]) == .limit)
        #expect(refusal(ConstantOfShape.self, [try integers([-1])]) == .shape)
        #expect(refusal(DepthToSpace.self, ["blocksize": .integer(2)], [try ramp([1, 3, 2, 2])]) == .shape)
        #expect(refusal(RangeOperator.self, [try integers([0]), try integers([1]), try integers([0])]) == .value)
        #expect(
            refusal(
                RangeOperator.self,
                [try Tensor(scalar: Float(0)), try Tensor(scalar: Float.nan), try Tensor(scalar: Float(1))])
                == .value)
        #expect(
            refusal(Upsample.self, opset: 9, [source, try Tensor([1, .infinity] as [Float], shape: [2])]) == .value)
    }

    @Test("Tensors of nothing keep their shapes")
    func empty() throws {
        let source = try ramp([2, 0, 3])
        #expect(try evaluated(Transpose.self, [source])[0].shape == [3, 0, 2])
        #expect(try evaluated(Tile.self, [source, try integers([1, 2, 3])])[0].shape == [2, 0, 9])
        #expect(
            try evaluated(Reshape.self, ["allowzero": .integer(1)], [source, try integers([0, 7])])[0].shape == [0, 7])
        #expect(try evaluated(Pad.self, [source, try integers([0, 1, 0, 0, 0, 0])])[0].shape == [2, 1, 3])
        #expect(try evaluated(Gather.self, ["axis": .integer(2)], [source, try integers([1])])[0].shape == [2, 0, 1])
    }
}

/// A small generator with a seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
