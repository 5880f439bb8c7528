// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The product of matrices, or of stacks of matrices that broadcast.
package struct MatMul: Operator {
    package static let schema = Schema("MatMul", since: 1, inputs: 2...2)
    package static let widensHalf = true

    package init(_ node: NodeReader) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) ?? inputs.elementType(1) else { return [.unknown] }
        guard var left = inputs.dimensions(0), var right = inputs.dimensions(1) else {
            return [.tensor(elementType, nil)]
        }
        guard !left.isEmpty, !right.isEmpty else { throw .shape("MatMul does not take scalars") }
        let (isRow, isColumn) = (left.count == 1, right.count == 1)
        if isRow { left.insert(1, at: 0) }
        if isColumn { right.append(1) }
        if let inner = left[left.count - 1].value, let outer = right[right.count - 2].value, inner != outer {
            throw .shape("MatMul takes as many columns on the left as rows on the right, not \(inner) and \(outer)")
        }
        var result = try ElementwiseInference.broadcast(Array(left.dropLast(2)), Array(right.dropLast(2))) ?? []
        if !isRow { result.append(left[left.count - 2]) }
        if !isColumn { result.append(right[right.count - 1]) }
        return [.tensor(elementType, result)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try inputs.tensor(1)
        switch left.elementType {
        case .float32:
            let context = outputs.context
            try outputs.write(0, of: Float.self, MatMul.shape(left.shape, right.shape)) {
                (target) throws(ComputeError) in
                try MatMul.product(left.shape, right.shape)
                    .run(left.elements(of: Float.self), right.elements(of: Float.self), into: &target, context)
            }
        case .float64: try run(Double.self, left, right, into: &outputs)
        case .int8: try run(Int8.self, left, right, into: &outputs)
        case .int16: try run(Int16.self, left, right, into: &outputs)
        case .int32: try run(Int32.self, left, right, into: &outputs)
        case .int64: try run(Int64.self, left, right, into: &outputs)
        case .uint8: try run(UInt8.self, left, right, into: &outputs)
        case .uint16: try run(UInt16.self, left, right, into: &outputs)
        case .uint32: try run(UInt32.self, left, right, into: &outputs)
        case .uint64: try run(UInt64.self, left, right, into: &outputs)
        default: throw .elementType("MatMul takes numbers, the inputs are \(left) and \(right)")
        }
    }

    private func run<Element: Number>(
        _ type: Element.Type, _ left: Tensor, _ right: Tensor, into outputs: inout Outputs
    ) throws(ComputeError) {
        try outputs.write(0, of: Element.self, MatMul.shape(left.shape, right.shape)) { (target) throws(ComputeError) in
            try MatMul.product(left.shape, right.shape)
                .run(left.elements(of: Element.self), right.elements(of: Element.self), into: &target)
        }
    }

    /// The shape of the product of two.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when they do not fit.
    private static func shape(_ left: Shape, _ right: Shape) throws(ComputeError) -> Shape {
        guard left.rank > 0, right.rank > 0 else { throw .shape("MatMul does not take scalars") }
        guard left[left.rank - 1] == right[Swift.max(0, right.rank - 2)] else {
            throw .shape("\(left) and \(right) do not multiply")
        }
        var result = try Shape(left.dimensions.dropLast(2)).broadcast(with: Shape(right.dimensions.dropLast(2)))
        if left.rank > 1 { result.dimensions.append(left[left.rank - 2]) }
        if right.rank > 1 { result.dimensions.append(right[right.rank - 1]) }
        return result
    }

    /// The products two shapes stand for, which must have a product.
    private static func product(_ left: Shape, _ right: Shape) throws(ComputeError) -> BatchedProduct {
        let first = left.rank == 1 ? Shape(1, left[0]) : left
        let second = right.rank == 1 ? Shape(right[0], 1) : right
        let rows = first[first.rank - 2]
        let depth = first[first.rank - 1]
        let columns = second[second.rank - 1]
        let leftBatch = Shape(first.dimensions.dropLast(2))
        let rightBatch = Shape(second.dimensions.dropLast(2))
        var product = BatchedProduct(
            rows: rows, columns: columns, depth: depth, left: MatrixPlace(rowStride: depth),
            right: MatrixPlace(rowStride: columns))
        if rightBatch.elementCount == 1 && leftBatch.elementCount > 0 {
            product.rows = rows * leftBatch.elementCount
            return product
        }
        product.leftOffsets = []
        product.rightOffsets = []
        guard rows > 0, columns > 0 else { return product }
        var plan = try BroadcastPlan(leftBatch, rightBatch)
        for _ in 0..<plan.rowCount {
            for index in 0..<plan.rowLength {
                product.leftOffsets.append((plan.first + index * plan.steps[0]) * rows * depth)
                product.rightOffsets.append((plan.second + index * plan.steps[1]) * depth * columns)
            }
            plan.advance()
        }
        return product
    }
}
