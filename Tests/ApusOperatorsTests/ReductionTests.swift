// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct ReductionTests {
    private let names = [
        "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
        "ReduceSum", "ReduceSumSquare",
    ]

    @Test("every set of axes gives the sums of indexing")
    func axes() throws {
        let shape: Shape = [2, 3, 1, 4]
        let values = (0..<24).map { Int32($0 * $0 % 17) }
        let source = try Tensor(values, shape: shape)
        for mask in 1..<16 {
            let axes = (0..<4).filter { mask >> $0 & 1 == 1 }
            var expected: [Int: Int32] = [:]
            for index in values.indices {
                var (rest, key, scale) = (index, 0, 1)
                for axis in shape.indices.reversed() {
                    if !axes.contains(axis) {
                        key += rest % shape[axis] * scale
                        scale *= shape[axis]
                    }
                    rest /= shape[axis]
                }
                expected[key, default: 0] += values[index]
            }
            let list = try Tensor(axes.map { Int64($0) - ($0 % 2 == 0 ? 0 : 4) }, shape: [axes.count])
            let kept = try Evaluation("ReduceSum")(source, list)
            let dropped = try Evaluation("ReduceSum", ["keepdims": .integer(0)])(source, list)
            #expect(kept.shape == Shape(shape.indices.map { axes.contains($0) ? 1 : shape[$0] }))
            #expect(dropped.shape == Shape(shape.indices.filter { !axes.contains($0) }.map { shape[$0] }))
            #expect(try kept.array(of: Int32.self) == (0..<expected.count).map { expected[$0] ?? -1 }, "\(axes)")
            #expect(try dropped.array(of: Int32.self) == kept.array(of: Int32.self))
            let old = try Evaluation("ReduceSum", opset: 11, ["axes": .integers(axes.map { Int64($0) })])
            #expect(try old(source).array(of: Int32.self) == kept.array(of: Int32.self))
        }
    }

    @Test("an axis outside the rank is refused")
    func wrongAxis() throws {
        let source = try Tensor([Float(1), 2], shape: [2])
        for name in names {
            #expect(throws: ComputeError.self, "\(name)") {
                try Evaluation(name)(source, Tensor([Int64(1)], shape: [1]))
            }
        }
        #expect(throws: ComputeError.self) { try Evaluation("ArgMax", ["axis": .integer(3)])(source) }
        #expect(throws: ComputeError.self) { try Evaluation("CumSum")(source, Tensor(scalar: Int64(-2))) }
        #expect(throws: ComputeError.self) { try Evaluation("Softmax", ["axis": .integer(1)])(source) }
    }

    @Test("nothing reduces to the neutral element")
    func emptySets() throws {
        let empty = try Tensor([Float](), shape: [2, 0])
        let axis = try Tensor([Int64(1)], shape: [1])
        func value(_ name: String) throws -> Float { try Evaluation(name)(empty, axis).array(of: Float.self)[0] }
        #expect(try value("ReduceSum") == 0)
        #expect(try value("ReduceProd") == 1)
        #expect(try value("ReduceMax") == -.infinity)
        #expect(try value("ReduceMin") == .infinity)
        #expect(try value("ReduceLogSumExp") == -.infinity)
        let bytes = try Tensor([Int8](), shape: [0])
        #expect(try Evaluation("ReduceMax")(bytes).array(of: Int8.self) == [.min])
        #expect(try Evaluation("ReduceMean")(bytes.cast(to: .int32)).elementCount == 1)
        #expect(try Evaluation("ReduceMin")(Tensor([Bool](), shape: [0])).array(of: Bool.self) == [true])
        #expect(throws: ComputeError.self) { try Evaluation("ArgMax", ["axis": .integer(1)])(empty) }
    }

    @Test("no axes mean all of them, or none where the node says so")
    func noAxes() throws {
        let source = try Tensor([Float(3), 4], shape: [2])
        #expect(try Evaluation("ReduceL2")(source).array(of: Float.self) == [5])
        let none = try Evaluation("ReduceSumSquare", ["noop_with_empty_axes": .integer(1)])
        #expect(try none(source).array(of: Float.self) == [9, 16])
        #expect(try none(source, Tensor([Int64](), shape: [0])).array(of: Float.self) == [9, 16])
    }

    @Test("large sums of exponentials and of small numbers stay exact")
    func precision() throws {
        let large = try Tensor([Float(1000), 1000, -.infinity], shape: [3])
        let logarithm = try Evaluation("ReduceLogSumExp")(large).array(of: Float.self)[0]
        #expect(abs(logarithm - 1000.6931) < 1e-3)
        let many = try Tensor([Float](repeating: 0.1, count: 1_000_000), shape: [1_000_000])
        let sum = try Evaluation("ReduceSum")(many).array(of: Float.self)[0]
        #expect(abs(sum - 100_000) < 0.01)
    }

    @Test("the position of the best element honours ties and NaN")
    func positions() throws {
        let source = try Tensor([Float(1), 3, 3, 2], shape: [4])
        #expect(try Evaluation("ArgMax")(source).array(of: Int64.self) == [1])
        #expect(try Evaluation("ArgMax", ["select_last_index": .integer(1)])(source).array(of: Int64.self) == [2])
        let broken = try Tensor([Float(1), .nan, 3, .nan], shape: [4])
        #expect(try Evaluation("ArgMin")(broken).array(of: Int64.self) == [1])
    }

    @Test("a softmax before operator set 13 normalises all axes from its own on")
    func oldSoftmax() throws {
        let source = try Tensor([Float](repeating: 1, count: 24), shape: [2, 3, 4])
        let old = try Evaluation("Softmax", opset: 11, ["axis": .integer(1)])
        #expect(try old(source).array(of: Float.self).allSatisfy { abs($0 - 1.0 / 12) < 1e-6 })
        let new = try Evaluation("Softmax", opset: 13, ["axis": .integer(1)])
        #expect(try new(source).array(of: Float.self).allSatisfy { abs($0 - 1.0 / 3) < 1e-6 })
        #expect(try old(Tensor([Float](), shape: [0, 3])).elementCount == 0)
    }
}
