// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct ShapeArithmeticTests {
    private let batch = Dimension(symbol: "N")
    private let length = Dimension(symbol: "S")

    private var input: InferredValue { .tensor(.float32, [batch, length, 64]) }

    @Test("A shape computed from another is followed through to the tensor it reshapes")
    func reshape() throws {
        let shape = try inferred(ShapeOperator.self, [input])[0]
        #expect(shape.elements == [batch, length, 64])
        let first = try inferred(Gather.self, [shape, InferredValue(constant: try Tensor(scalar: Int64(0)))])[0]
        #expect(first.elements == [batch])
        #expect(first.type == .tensor(.int64, []))
        let whole = try inferred(Unsqueeze.self, [first, try constant([0])])[0]
        let wanted = try inferred(
            Concat.self, ["axis": .integer(0)], [whole, try constant([-1, 8, 8])])[0]
        #expect(wanted.elements == [batch, -1, 8, 8])
        #expect(try inferred(Reshape.self, [input, wanted])[0].type == .tensor(.float32, [batch, length, 8, 8]))
        let flat = try inferred(Reshape.self, [input, try constant([-1, 64])])[0]
        #expect(flat.type == .tensor(.float32, [batch * length, 64]))
        let copied = try inferred(Reshape.self, [input, try constant([0, 0, 4, -1])])[0]
        #expect(copied.type == .tensor(.float32, [batch, length, 4, 16]))
    }

    @Test("Slices of named sizes")
    func slice() throws {
        func sizes(_ start: Int64, _ end: Int64, _ step: Int64 = 1) throws -> Dimension? {
            try inferred(
                Slice.self,
                [input, try constant([start]), try constant([end]), try constant([1]), try constant([step])]
            )[0].type.dimensions?[1]
        }
        #expect(try sizes(0, .max) == length)
        #expect(try sizes(0, -1) == length - 1)
        #expect(try sizes(1, .max) == length - 1)
        #expect(try sizes(-1, .max) == 1)
        #expect(try sizes(-1, .min, -1) == length)
        #expect(try sizes(-3, -1) == 2)
        let shape = try inferred(ShapeOperator.self, [input])[0]
        let last = try inferred(Slice.self, [shape, try constant([1]), try constant([.max])])[0]
        #expect(last.elements == [length, 64])
        let named = try inferred(
            Slice.self,
            [input, try constant([0]), InferredValue(.tensor(.int64, [1]), elements: [length]), try constant([1])])
        #expect(named[0].type == input.type)
    }

    @Test("Repeated, expanded, split and padded sizes")
    func others() throws {
        #expect(
            try inferred(Tile.self, [input, try constant([1, 2, 1])])[0].type.dimensions == [batch, length * 2, 64])
        #expect(
            try inferred(
                Expand.self, [.tensor(.float32, [1, 64]), InferredValue(.tensor(.int64, [2]), elements: [length, 1])])[
                    0
                ]
                .type.dimensions == [length, 64])
        #expect(
            try inferred(Split.self, ["axis": .integer(2)], [input], outputs: 2).map(\.type.dimensions)
                == [[batch, length, 32], [batch, length, 32]])
        #expect(
            try inferred(Pad.self, [input, try constant([0, 1, 0, 0, 1, 0])])[0].type.dimensions
                == [batch, length + 2, 64])
        let zero = InferredValue(constant: try Tensor(scalar: Int64(0)))
        let one = InferredValue(constant: try Tensor(scalar: Int64(1)))
        let limit = InferredValue(.tensor(.int64, []), elements: [length])
        #expect(try inferred(RangeOperator.self, [zero, limit, one])[0].type.dimensions == [length])
        #expect(try inferred(Size.self, [input])[0].elements == [batch * length * 64])
        #expect(try inferred(Flatten.self, [input])[0].type.dimensions == [batch, length * 64])
    }

    @Test("Inputs that can never be evaluated are refused early")
    func refusals() throws {
        #expect(throws: ComputeError.self) { try inferred(Transpose.self, ["perm": .integers([1, 0])], [input]) }
        #expect(throws: ComputeError.self) { try inferred(Squeeze.self, [input, try constant([2])]) }
        #expect(throws: ComputeError.self) { try inferred(Concat.self, ["axis": .integer(3)], [input, input]) }
        #expect(throws: ComputeError.self) { try inferred(Gather.self, ["axis": .integer(-4)], [input, input]) }
    }
}
