// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Products of small integers in 32 bits.
package enum IntegerProduct {
    /// Adds to `rows` × `columns` sums the product of two matrices that start at the given positions.
    ///
    /// The rows of sums are `stride` apart.
    package static func add(
        _ left: borrowing [Int16], at leftStart: Int, _ right: borrowing [Int16], at rightStart: Int, rows: Int,
        inner: Int, columns: Int, into sums: inout [Int32], at start: Int, stride: Int
    ) {
        precondition(leftStart + rows * inner <= left.count && rightStart + inner * columns <= right.count)
        guard rows > 0, columns > 0 else { return }
        precondition(stride >= columns && start + (rows - 1) * stride + columns <= sums.count)
        let rightSpan = right.span
        var target = sums.mutableSpan
        for row in 0..<rows {
            let base = start + row * stride
            for step in 0..<inner {
                let factor = Int32(left[leftStart + row * inner + step])
                guard factor != 0 else { continue }
                let source = rightStart + step * columns
                // SAFETY: the preconditions keep every position inside the arrays.
                for column in 0..<columns {
                    unsafe target[unchecked: base &+ column] &+=
                        factor &* Int32(rightSpan[unchecked: source &+ column])
                }
            }
        }
    }

    /// Multiplies stacks of quantized matrices, less their zero points.
    ///
    /// The left side has no zero point, one, or one per row, the right one per column of every matrix.
    ///
    /// - Throws: ``ComputeError`` with code `shape` or `elementType`.
    package static func multiply(
        _ left: Tensor, _ leftZeros: Tensor?, _ right: Tensor, _ rightZeros: Tensor?, _ shape: ProductShape
    ) throws(ComputeError) -> [Int32] {
        let zeros = try leftZeros?.zeroPoints() ?? []
        let rowCount = shape.inner > 0 ? left.elementCount / shape.inner : 0
        guard zeros.count <= 1 || zeros.count == shape.rows || zeros.count == rowCount else {
            throw .shape("\(zeros.count) zero points for \(shape.rows) rows")
        }
        let leftValues = try left.centred(zeros, stride: max(shape.inner, 1))
        let rightValues = try right.centred(try columnZeros(right, rightZeros, shape))
        return multiply(leftValues, rightValues, shape)
    }

    /// Multiplies stacks of matrices of small integers.
    package static func multiply(_ left: [Int16], _ right: [Int16], _ shape: ProductShape) -> [Int32] {
        var sums = [Int32](repeating: 0, count: shape.output.elementCount)
        for (index, matrices) in zip(shape.left, shape.right).enumerated() {
            add(
                left, at: matrices.0 * shape.rows * shape.inner, right,
                at: matrices.1 * shape.inner * shape.columns, rows: shape.rows, inner: shape.inner,
                columns: shape.columns, into: &sums, at: index * shape.rows * shape.columns, stride: shape.columns)
        }
        return sums
    }

    /// One zero point per column, or per element where the matrices of a stack differ.
    package static func columnZeros(
        _ right: Tensor, _ rightZeros: Tensor?, _ shape: ProductShape
    ) throws(ComputeError) -> [Int32] {
        let zeros = try rightZeros?.zeroPoints() ?? []
        if zeros.count <= 1 || zeros.count == shape.columns { return zeros }
        let matrix = shape.inner * shape.columns
        guard matrix > 0, zeros.count == right.elementCount / matrix * shape.columns else {
            throw .shape("\(zeros.count) zero points for \(shape.columns) columns")
        }
        return (0..<right.elementCount).map { zeros[$0 / matrix * shape.columns + $0 % shape.columns] }
    }
}
