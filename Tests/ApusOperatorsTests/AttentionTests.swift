// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct AttentionTests {
    @Test("Heads that do not fit, counts and places out of range are refused")
    func refusals() throws {
        let query = try ramp([1, 2, 3, 4])
        #expect(
            refusal(Attention.self, opset: 24, [query, try ramp([1, 3, 5, 4]), try ramp([1, 3, 5, 4])]) == .shape)
        #expect(refusal(Attention.self, opset: 24, [query, query, try ramp([1, 2, 5, 4])]) == .shape)
        let packed = try ramp([1, 3, 8])
        #expect(refusal(Attention.self, opset: 24, [packed, packed, packed]) == .shape)
        let counts = try Tensor([7] as [Int64], shape: [1])
        #expect(refusal(Attention.self, opset: 24, [query, query, query, nil, nil, nil, counts]) == .value)
        #expect(refusal(Attention.self, opset: 24, [query, query, query, try ramp([5, 3])]) == .shape)
        let cache = try ramp([4, 2])
        let places = try Tensor([0, 1, 9] as [Int64], shape: [1, 3])
        #expect(refusal(RotaryEmbedding.self, opset: 23, [query, cache, cache, places]) == .value)
        let heads: [String: Attribute] = ["q_num_heads": .integer(3), "kv_num_heads": .integer(2)]
        #expect(refusal(LinearAttention.self, opset: 27, heads, [packed, packed, packed], outputs: 2) == .attribute)
        let linear: [String: Attribute] = [
            "q_num_heads": .integer(2), "kv_num_heads": .integer(2), "update_rule": .string("linear"),
        ]
        #expect(
            refusal(LinearAttention.self, opset: 27, linear, [packed, packed, packed, nil, packed], outputs: 2)
                == .value)
    }

    @Test("A query that may see nothing gives zeros")
    func unseeing() throws {
        let query = try ramp([1, 1, 2, 4])
        let mask = try Tensor([false, false, true, false], shape: [2, 2])
        let result = try evaluated(Attention.self, opset: 24, [query, query, query, mask])[0].array(of: Float.self)
        #expect(result[0..<4].allSatisfy { $0 == 0 })
        #expect(agrees(Array(result[4..<8]), Array(try query.array(of: Float.self)[0..<4])))
    }

    @Test("Labels outside the classes are refused unless they are to be ignored")
    func labels() throws {
        let scores = try ramp([2, 3])
        let labels = try Tensor([1, 5] as [Int64], shape: [2])
        #expect(refusal(SoftmaxCrossEntropyLoss.self, [scores, labels]) == .value)
        let result = try evaluated(SoftmaxCrossEntropyLoss.self, ["ignore_index": .integer(5)], [scores, labels])[0]
        #expect(result.shape == .scalar)
        #expect(refusal(NegativeLogLikelihoodLoss.self, [scores, try Tensor([1] as [Int64], shape: [1])]) == .shape)
    }
}
