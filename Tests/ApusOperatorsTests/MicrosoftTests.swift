// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct MicrosoftTests {
    private let quarter = Float(0.25)

    @Test("Quantized tensors that do not broadcast or are not quantized alike are refused")
    func quantizedBinary() throws {
        let scale = try Tensor(scalar: quarter)
        let zero = try Tensor(scalar: UInt8(3))
        let left = try Tensor([3, 5, 7] as [UInt8], shape: [3])
        let sum = try evaluated(QLinearAdd.self, [left, scale, zero, left, scale, zero, scale, zero])[0]
        #expect(try sum.array(of: UInt8.self) == [3, 7, 11])
        let two = try Tensor([1, 2] as [UInt8], shape: [2])
        #expect(refusal(QLinearAdd.self, [left, scale, zero, two, scale, zero, scale, zero]) == .shape)
        let signed = try Tensor([1] as [Int8], shape: [1])
        #expect(refusal(QLinearMul.self, [left, scale, zero, signed, scale, zero, scale, zero]) == .elementType)
        let wide = try Tensor(scalar: Int32.min)
        #expect(refusal(QLinearAdd.self, [left, scale, zero, left, scale, zero, scale, wide]) == .shape)
    }

    @Test("Packed weights whose sizes do not fit are refused")
    func packedWeights() throws {
        let attributes: [String: Attribute] = ["K": .integer(16), "N": .integer(2), "block_size": .integer(16)]
        let source = try ramp([1, 16])
        let weights = try Tensor([UInt8](repeating: 0x98, count: 16), shape: [2, 1, 8])
        let scales = try Tensor([1, 2] as [Float], shape: [2, 1])
        let result = try evaluated(MatMulNBits.self, attributes, [source, weights, scales])[0]
        let odd = try source.array(of: Float.self).enumerated().reduce(Float(0)) {
            $0 + ($1.offset % 2 == 1 ? $1.element : 0)
        }
        #expect(agrees(try result.array(of: Float.self), [odd, 2 * odd]))
        #expect(refusal(MatMulNBits.self, attributes, [try ramp([1, 15]), weights, scales]) == .shape)
        #expect(
            refusal(MatMulNBits.self, attributes, [source, try Tensor([1] as [UInt8], shape: [1]), scales]) == .shape)
        var odder = attributes
        odder["bits"] = .integer(3)
        #expect(refusal(MatMulNBits.self, odder, [source, weights, scales]) == .attribute)
        let groups = try Tensor([Int32](repeating: 4, count: 16), shape: [16])
        #expect(refusal(MatMulNBits.self, attributes, [source, weights, scales, nil, groups]) == .value)
    }

    @Test("Lengths a cache cannot have are refused")
    func cacheLengths() throws {
        let attributes: [String: Attribute] = ["num_heads": .integer(2), "kv_num_heads": .integer(1)]
        let query = try ramp([1, 1, 8])
        let key = try ramp([1, 1, 4])
        let past = try ramp([1, 1, 3, 4])
        func code(_ length: Int32, _ total: Int32) throws -> ComputeError.Code? {
            refusal(
                GroupQueryAttention.self, attributes,
                [
                    query, key, key, past, past, try Tensor([length], shape: [1]), try Tensor(scalar: total),
                ], outputs: 3)
        }
        #expect(try code(3, 4) == nil)
        #expect(try code(3, 1 << 30) == .value)
        #expect(try code(9, 4) == .value)
        #expect(try code(-1, 4) == .value)
    }

    @Test("Padded rows of a chunk change neither the cache nor the rows that count")
    func paddedChunks() throws {
        let attributes: [String: Attribute] = ["num_heads": .integer(2), "kv_num_heads": .integer(1)]
        let past = try ramp([1, 1, 6, 4], scale: 0.5)
        func run(_ rows: Int, _ counted: Int32) throws -> [Tensor] {
            let query = try ramp([1, 3, 8]).array(of: Float.self).prefix(rows * 8)
            let key = try ramp([1, 3, 4]).array(of: Float.self).prefix(rows * 4)
            let keys = try Tensor(Array(key), shape: [1, rows, 4])
            return try evaluated(
                GroupQueryAttention.self, attributes,
                [
                    try Tensor(Array(query), shape: [1, rows, 8]), keys, keys, past, past,
                    try Tensor([4] as [Int32], shape: [1]), try Tensor(scalar: Int32(6)), nil, nil, nil, nil, nil, nil,
                    nil, nil, nil, try Tensor([counted], shape: [1]),
                ], outputs: 3)
        }
        let padded = try run(3, 2)
        let exact = try run(2, 2)
        #expect(try padded[0].array(of: Float.self).prefix(16) == exact[0].array(of: Float.self).prefix(16))
        #expect(try padded[1].array(of: Float.self) == exact[1].array(of: Float.self))
        #expect(throws: ComputeError.self) { try run(2, 3) }
        #expect(throws: ComputeError.self) { try run(3, -1) }
    }

    @Test("Buffers, beams and caches that do not fit are refused")
    func buffers() throws {
        let source = try ramp([1, 1, 8])
        let buffer = try ramp([1, 2, 3, 4])
        let heads: [String: Attribute] = ["num_heads": .integer(2)]
        func code(_ filled: Int32, _ beams: Tensor? = nil) throws -> ComputeError.Code? {
            refusal(
                MultiHeadAttention.self, heads,
                [
                    source, source, source, nil, nil, nil, buffer, buffer, try Tensor([filled], shape: [1]), beams,
                ], outputs: 3)
        }
        #expect(try code(2) == nil)
        #expect(try code(3) == .shape)
        #expect(try code(-1) == .shape)
        #expect(try code(1, Tensor([0, 0, 0] as [Int32], shape: [1, 1, 3])) == nil)
        #expect(try code(1, Tensor([0, 1, 0] as [Int32], shape: [1, 1, 3])) == .shape)
        #expect(try code(1, Tensor([0] as [Int32], shape: [1])) == .shape)
        var shared: [String: Attribute] = ["num_heads": .integer(2), "kv_num_heads": .integer(1)]
        shared["sliding_window_cache"] = .integer(1)
        let key = try ramp([1, 1, 4])
        let past = try ramp([1, 1, 3, 4])
        let length = try Tensor([3] as [Int32], shape: [1])
        let inputs: [Tensor?] = [source, key, key, past, past, length, try Tensor(scalar: Int32(4))]
        #expect(refusal(GroupQueryAttention.self, shared, inputs, outputs: 3) == .unsupported)
        shared["local_window_size"] = .integer(4)
        #expect(refusal(GroupQueryAttention.self, shared, inputs, outputs: 3) == .value)
        shared["local_window_size"] = .integer(3)
        #expect(refusal(GroupQueryAttention.self, shared, inputs, outputs: 3) == nil)
        shared["k_quant_type"] = .string("PER_TENSOR")
        #expect(refusal(GroupQueryAttention.self, shared, inputs, outputs: 3) == .elementType)
    }

    @Test("Boxes, lists and pads that do not fit are refused")
    func boxes() throws {
        let source = try ramp([1, 1, 2, 2])
        let box = try Tensor([0, 0, 1, 1] as [Float], shape: [1, 4])
        func code(_ item: Int32, _ size: [Int32]) throws -> ComputeError.Code? {
            refusal(
                CropAndResize.self,
                [source, box, try Tensor([item], shape: [1]), try Tensor(size, shape: [size.count])])
        }
        #expect(try code(0, [2, 2]) == nil)
        #expect(try code(1, [2, 2]) == .value)
        #expect(try code(0, [0, 2]) == .value)
        #expect(try code(0, [2]) == .value)
        let nowhere = try Tensor([.nan, 0, .infinity, 1] as [Float], shape: [1, 4])
        let cropped = try evaluated(
            CropAndResize.self, ["extrapolation_value": .float(7)],
            [source, nowhere, try Tensor([0] as [Int32], shape: [1]), try Tensor([2, 2] as [Int32], shape: [2])])
        #expect(try cropped[0].array(of: Float.self) == [7, 7, 7, 7])
        #expect(refusal(MicrosoftUnique.self, [source]) == .shape)
        let pads = try Tensor([1, 1] as [Int64], shape: [1, 2])
        let list = try Tensor([1, 2] as [Float], shape: [2])
        #expect(try evaluated(MicrosoftPad.self, [list, pads])[0].array(of: Float.self) == [0, 1, 2, 0])
        #expect(refusal(MicrosoftPad.self, [list, pads, list]) == .shape)
        #expect(
            refusal(MicrosoftRange.self, [try Tensor(scalar: Int8(1)), try Tensor(scalar: Int8(3))]) == .elementType)
    }

    @Test("Heads, masks and words out of range are refused")
    func refusals() throws {
        let source = try ramp([1, 3, 4])
        let weights = try ramp([4, 12])
        let heads: [String: Attribute] = ["num_heads": .integer(2)]
        #expect(refusal(MicrosoftAttention.self, ["num_heads": .integer(3)], [source, weights]) == .shape)
        let mask = try Tensor([1, 1] as [Int32], shape: [1, 2])
        #expect(refusal(MicrosoftAttention.self, heads, [source, weights, nil, mask]) == .shape)
        #expect(refusal(MultiHeadAttention.self, heads, [source, source, try ramp([1, 2, 4])]) == .shape)
        let words = try Tensor([0, 9] as [Int32], shape: [1, 2])
        let table = try ramp([4, 4])
        let gamma = try ramp([4])
        #expect(
            refusal(EmbedLayerNormalization.self, [words, nil, table, table, nil, gamma, gamma], outputs: 2) == .value)
        let places = try Tensor([Int64.max], shape: [1])
        #expect(
            refusal(MicrosoftRotaryEmbedding.self, [source, places, try ramp([3, 2]), try ramp([3, 2])]) == .value)
        #expect(refusal(FusedConv.self, ["activation": .string("Nothing")], [source, source]) == .attribute)
    }
}
