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
