// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors
import Testing

/// Large tensors, whose elements are shared out between threads: the result is that of one thread, bit for bit.
@Suite struct ThreadedTests {
    private let pool = WorkerPool(threadCount: 3)

    private func numbers(_ shape: Shape, seed: UInt32 = 3) throws -> Tensor {
        var state = seed
        return try Tensor(
            (0..<shape.elementCount).map { _ -> Float in
                state = state &* 1_664_525 &+ 1_013_904_223
                return Float(state >> 16 & 0xFF) - 128
            }, shape: shape)
    }

    private func check<Kind: Operator>(
        _ kind: Kind.Type, _ inputs: [Tensor], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try check(kind, [:], inputs, sourceLocation: sourceLocation)
    }

    private func bytes(_ tensor: Tensor) -> [UInt8] {
        let bytes = tensor.bytes
        // SAFETY: the offsets are those of the bytes.
        return bytes.byteOffsets.map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }

    private func check<Kind: Operator>(
        _ kind: Kind.Type, _ attributes: [String: Attribute], _ inputs: [Tensor], outputs: Int = 1,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let node = Node(
            Kind.schema.name, opset: 22, inputs: inputs.indices.map { "i\($0)" },
            outputs: (0..<outputs).map { "o\($0)" }, attributes: attributes)
        let operation = try Kind(NodeReader(node))
        func results(_ workers: WorkerPool) throws -> [Tensor] {
            var results = Outputs(
                wanted: [Bool](repeating: true, count: outputs), context: EvaluationContext(workers: workers))
            try operation.run(Inputs(inputs.map { .tensor($0) }), into: &results)
            return results.values.compactMap { $0?.tensor }
        }
        let alone = try results(WorkerPool(threadCount: 1))
        let shared = try results(pool)
        #expect(alone.count == outputs && shared.count == outputs, sourceLocation: sourceLocation)
        for (left, right) in zip(alone, shared) {
            #expect(left.shape == right.shape && bytes(left) == bytes(right), sourceLocation: sourceLocation)
        }
    }

    @Test("Comparisons and choices, broadcast along every axis")
    func elementwise() throws {
        let whole = try numbers([7, 301, 97])
        for other in [Shape([7, 301, 97]), [97], [301, 1], [7, 1, 97], [], [7, 1, 1]] {
            let right = try numbers(other, seed: 9)
            try check(Less.self, [whole, right])
            try check(Equal.self, [right, whole])
            try check(Add.self, [whole, right])
            let truth = try evaluated(Greater.self, [right, whole])[0]
            try check(Where.self, [truth, whole, right])
            try check(Where.self, [truth, right, whole])
            try check(Where.self, [try evaluated(Less.self, [right, right])[0], whole, whole])
            try check(Where.self, [truth, right, right])
        }
        let integers = try whole.cast(to: .int64)
        try check(Mul.self, [integers, try numbers([301, 1]).cast(to: .int64)])
        try check(Abs.self, [integers])
        try check(Add.self, [try numbers([50_000, 3]), try numbers([3])])
    }

    @Test("Comparisons agree with those written out")
    func comparison() throws {
        let left = try numbers([301, 300])
        let right = try numbers([300], seed: 5)
        let found = try evaluated(Less.self, [left, right])[0].array(of: Bool.self)
        let (first, second) = (try left.array(of: Float.self), try right.array(of: Float.self))
        #expect(found == first.indices.map { first[$0] < second[$0 % 300] })
    }

    @Test("Sums broadcast along several axes agree with those written out")
    func broadcasting() throws {
        let left = try numbers([40, 1, 50, 30]).cast(to: .int32)
        for shape in [[1, 60, 1, 30], [60, 1, 1], [40, 60, 1, 1], [60, 50, 30]] as [Shape] {
            let right = try numbers(shape, seed: 5).cast(to: .int32)
            let found = try evaluated(Add.self, [left, right])[0]
            #expect(found.shape == [40, 60, 50, 30])
            try check(Add.self, [left, right])
            let (first, second) = (try left.array(of: Int32.self), try right.array(of: Int32.self))
            let steps = shape.strides(broadcastTo: found.shape)
            var index = 0
            var isRight = true
            let sums = try found.array(of: Int32.self)
            for item in 0..<40 {
                for channel in 0..<60 {
                    for row in 0..<50 {
                        let place = item * steps[0] + channel * steps[1] + row * steps[2]
                        for column in 0..<30 {
                            let expected = first[(item * 50 + row) * 30 + column] + second[place + column * steps[3]]
                            if sums[index] != expected { isRight = false }
                            index += 1
                        }
                    }
                }
            }
            #expect(isRight, "\(shape)")
        }
    }

    @Test("Reductions and positions along every axis")
    func reductions() throws {
        let source = try numbers([40, 50, 60])
        for axes in [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]] as [[Int64]] {
            let tensor = try Tensor(axes, shape: [axes.count])
            try check(ReduceSum.self, [source, tensor])
            try check(ReduceMax.self, [source, tensor])
            try check(ReduceMean.self, ["keepdims": .integer(0)], [source, tensor])
            let sum = try evaluated(ReduceSum.self, ["keepdims": .integer(0)], [source, tensor])[0].array(
                of: Float.self)
            #expect(sum.reduce(0, +) == (try source.array(of: Float.self)).reduce(0, +))
        }
        for axis in 0..<3 as Range<Int64> {
            for last in [0, 1] as [Int64] {
                try check(
                    ArgMax.self, ["axis": .integer(axis), "select_last_index": .integer(last)],
                    [try numbers([40, 50, 600])])
            }
            try check(ArgMin.self, ["axis": .integer(axis)], [source.cast(to: .int32)])
        }
        try check(ReduceSum.self, [try numbers([1_000_000])])
        try check(ReduceLogSumExp.self, [try numbers([300_000])])
    }

    @Test("The position of the best element is the first, the last, or that of NaN")
    func positions() throws {
        let values: [Float] = [1, 5, .nan, 5, 5, 2, 0, 9, 3]
        let source = try Tensor(values, shape: [3, 3])
        func find(_ axis: Int64, _ last: Int64) throws -> [Int64] {
            let attributes: [String: Attribute] = [
                "axis": .integer(axis), "select_last_index": .integer(last), "keepdims": .integer(0),
            ]
            return try evaluated(ArgMax.self, attributes, [source])[0].array(of: Int64.self)
        }
        #expect(try find(0, 0) == [1, 2, 0])
        #expect(try find(1, 0) == [2, 0, 1])
        #expect(try find(1, 1) == [2, 1, 1])
    }

    @Test("Elements that are only moved")
    func movements() throws {
        let source = try numbers([30, 64, 100])
        let axis: [String: Attribute] = ["axis": .integer(1)]
        try check(Concat.self, axis, [source, source, source])
        try check(Split.self, axis, [source, try Tensor([10, 54] as [Int64], shape: [2])], outputs: 2)
        try check(Expand.self, [try numbers([64, 1]), try Tensor([30, 64, 100] as [Int64], shape: [3])])
        try check(Tile.self, [source, try Tensor([2, 1, 3] as [Int64], shape: [3])])
        let picked = try Tensor((0..<900).map { Int64($0 * 7 % 30) }, shape: [900])
        try check(Gather.self, [source, picked])
        try check(Gather.self, ["axis": .integer(2)], [source, picked])
        func list(_ values: Int64...) throws -> Tensor { try Tensor(values, shape: [values.count]) }
        try check(Slice.self, [source, try list(29, 3), try list(-100, 60), try list(0, 1), try list(-2, 3)])
        try check(Pad.self, [source, try list(1, 2, 3, 0, 5, 6)])
    }

    @Test("A contraction of three terms is the same in any order of them")
    func contraction() throws {
        func integers(_ shape: Shape, _ seed: UInt32) throws -> Tensor {
            try numbers(shape, seed: seed).cast(to: .int64)
        }
        let first = try integers([2, 30], 1)
        let second = try integers([30, 40], 2)
        let third = try integers([40, 3], 3)
        func contract(_ equation: String, _ inputs: [Tensor]) throws -> [Int64] {
            try evaluated(Einsum.self, ["equation": .string(equation)], inputs)[0].array(of: Int64.self)
        }
        let expected = try contract("ij,jk,kl->il", [first, second, third])
        #expect(try contract("kl,jk,ij->il", [third, second, first]) == expected)
        #expect(try contract("ij,kl,jk->il", [first, third, second]) == expected)
        let steps = try evaluated(MatMul.self, [evaluated(MatMul.self, [first, second])[0], third])[0]
        #expect(try steps.array(of: Int64.self) == expected)
        #expect(try contract("a,b,c->", [list(1, 2), list(3), list(4, 5)]) == [81])
    }

    private func list(_ values: Int64...) throws -> Tensor { try Tensor(values, shape: [values.count]) }
}
