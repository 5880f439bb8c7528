// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct IndexingTests {
    @Test("Indices outside are refused wherever they occur")
    func refusals() throws {
        let source = try ramp([2, 3])
        let far = try integers([2])
        #expect(refusal(Gather.self, [source, far]) == .value)
        #expect(refusal(Gather.self, [source, try integers([.min])]) == .value)
        #expect(refusal(GatherND.self, [source, far]) == .value)
        #expect(refusal(GatherND.self, ["batch_dims": .integer(5)], [source, far]) == .shape)
        let pair = try Tensor([0, 5] as [Int64], shape: [1, 2])
        #expect(refusal(GatherElements.self, [source, pair]) == .value)
        #expect(refusal(ScatterElements.self, [source, pair, try ramp([1, 2])]) == .value)
        #expect(refusal(ScatterElements.self, [source, pair, try ramp([1, 1])]) == .shape)
        #expect(refusal(ScatterND.self, [source, pair, try ramp([1])]) == .value)
        #expect(refusal(ScatterND.self, [source, try integers([0]), try ramp([2])]) == .shape)
        #expect(
            refusal(TensorScatter.self, opset: 24, [try ramp([1, 4, 2]), try ramp([1, 2, 2]), try integers([3])])
                == .value)
        #expect(refusal(TopK.self, [source, try integers([4])]) == .value)
        #expect(refusal(TopK.self, [source, try integers([-1])]) == .value)
        #expect(refusal(Compress.self, [source, try Tensor([Bool](repeating: true, count: 7), shape: [7])]) == .shape)
        #expect(refusal(OneHot.self, [far, try Tensor(scalar: Float.nan), try ramp([2])]) == .value)
    }

    @Test("Reductions combine in the element type, halves included")
    func reductions() throws {
        let data = try Tensor([1, 2, 3] as [Float16], shape: [3])
        let indices = try integers([1, 1, -1])
        let updates = try Tensor([4, 5, 6] as [Float16], shape: [3])
        func reduced(_ reduction: String) throws -> [Float16] {
            try evaluated(ScatterElements.self, ["reduction": .string(reduction)], [data, indices, updates])[0]
                .array(of: Float16.self)
        }
        #expect(try reduced("none") == [1, 5, 6])
        #expect(try reduced("add") == [1, 11, 9])
        #expect(try reduced("mul") == [1, 40, 18])
        #expect(try reduced("min") == [1, 2, 3])
        #expect(try reduced("max") == [1, 5, 6])
        let text = try Tensor(strings: ["a", "b"], shape: [2])
        let changed = try evaluated(
            ScatterND.self, [text, try Tensor([1] as [Int64], shape: [1, 1]), try Tensor(strings: ["z"], shape: [1])])
        #expect(changed[0].strings == ["a", "z"])
        #expect(
            refusal(
                ScatterElements.self, ["reduction": .string("add")],
                [text, try integers([0]), try Tensor(strings: ["z"], shape: [1])]) == .elementType)
    }

    @Test("The first of equal elements comes first, few or many, and NaN is the largest")
    func top() throws {
        let values: [Float] = (0..<100).map { Float($0 % 7) }
        let source = try Tensor(values, shape: [100])
        for count in [3, 40] {
            let results = try evaluated(TopK.self, [source, try integers([Int64(count)])], outputs: 2)
            let order = values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }.prefix(count)
            #expect(try results[1].array(of: Int64.self) == order.map { Int64($0) })
        }
        let odd = try Tensor([1, .nan, 3] as [Float], shape: [3])
        #expect(try evaluated(TopK.self, [odd, try integers([1])], outputs: 2)[1].array(of: Int64.self) == [1])
        let least = try evaluated(TopK.self, ["largest": .integer(0)], [odd, try integers([2])], outputs: 2)
        #expect(try least[1].array(of: Int64.self) == [0, 2])
    }

    @Test("Unique strings differ when their bytes do")
    func unique() throws {
        let source = try Tensor(strings: ["e\u{301}", "b", "\u{E9}", "b"], shape: [4])
        let results = try evaluated(Unique.self, [source], outputs: 4)
        #expect(results[0].strings.map { Array($0.unicodeScalars).count } == [1, 2, 1])
        #expect(try results[1].array(of: Int64.self) == [1, 0, 2])
        #expect(try results[2].array(of: Int64.self) == [1, 0, 2, 0])
        #expect(try results[3].array(of: Int64.self) == [2, 1, 1])
        let empty = try evaluated(Unique.self, ["axis": .integer(1)], [try ramp([0, 0])], outputs: 4)
        #expect(empty[0].shape == [0, 0])
    }

    @Test("Zeros of either sign are zero, and NaN is not")
    func nonZero() throws {
        let source = try Tensor([0, -0.0, .nan, 1] as [Float], shape: [2, 2])
        #expect(try evaluated(NonZero.self, [source])[0].array(of: Int64.self) == [1, 1, 0, 1])
        #expect(try evaluated(NonZero.self, [try Tensor(scalar: Float(3))])[0].shape == [0, 1])
    }
}
