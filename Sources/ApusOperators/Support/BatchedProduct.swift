// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// Many products of matrices that lie in two tensors.
package struct BatchedProduct: Sendable {
    /// The rows of each left matrix.
    package var rows: Int
    /// The columns of each right matrix.
    package var columns: Int
    /// The columns of each left matrix, the rows of each right one.
    package var depth: Int
    /// How a left matrix lies from its first element on.
    package var left: MatrixPlace
    /// How a right matrix lies from its first element on.
    package var right: MatrixPlace
    /// Where the left matrices begin.
    package var leftOffsets: [Int] = [0]
    /// Where the right matrices begin.
    package var rightOffsets: [Int] = [0]

    /// Describes one product.
    package init(rows: Int, columns: Int, depth: Int, left: MatrixPlace, right: MatrixPlace) {
        self.rows = rows
        self.columns = columns
        self.depth = depth
        self.left = left
        self.right = right
    }

    /// Writes the products one after the other, scaled, through the kernels.
    package func run(
        _ left: Span<Float>, _ right: Span<Float>, scale: Float = 1, into target: inout MutableSpan<Float>,
        _ context: EvaluationContext
    ) {
        check(left.count, right.count, target.count)
        guard target.count > 0 else { return }
        guard depth > 0 else {
            for index in target.indices { target[index] = 0 }
            return
        }
        let kernels = context.vectorKernels
        let size = rows * columns
        // SAFETY: check made sure that every position lies inside the spans.
        unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                unsafe target.withUnsafeMutableBufferPointer { target in
                    guard let first = left.baseAddress, let second = right.baseAddress,
                        let third = target.baseAddress
                    else { return }
                    unsafe kernels.gemm(
                        m: rows, n: columns, k: depth,
                        MatrixOperand(
                            first, rowStride: self.left.rowStride, columnStride: self.left.columnStride),
                        aOffsets: leftOffsets,
                        MatrixOperand(
                            second, rowStride: self.right.rowStride, columnStride: self.right.columnStride),
                        bOffsets: rightOffsets, into: third, cOffsets: leftOffsets.indices.map { $0 * size },
                        rowStride: columns, epilogue: Epilogue(scale: scale))
                }
            }
        }
    }

    /// Writes the products one after the other.
    package func run<Element: Number>(
        _ left: Span<Element>, _ right: Span<Element>, into target: inout MutableSpan<Element>
    ) {
        check(left.count, right.count, target.count)
        for index in target.indices { target[index] = 0 }
        for batch in leftOffsets.indices {
            for row in 0..<rows {
                let from = leftOffsets[batch] &+ row &* self.left.rowStride
                let to = (batch &* rows &+ row) &* columns
                for step in 0..<depth {
                    let factor = left[from &+ step &* self.left.columnStride]
                    let start = rightOffsets[batch] &+ step &* self.right.rowStride
                    for column in 0..<columns {
                        // SAFETY: check made sure that every position lies inside the spans.
                        let product = unsafe factor.times(
                            right[unchecked: start &+ column &* self.right.columnStride])
                        unsafe target[unchecked: to &+ column] = target[unchecked: to &+ column].plus(product)
                    }
                }
            }
        }
    }

    private func check(_ leftCount: Int, _ rightCount: Int, _ targetCount: Int) {
        precondition(leftOffsets.count == rightOffsets.count && rows >= 0 && columns >= 0 && depth >= 0)
        precondition(leftOffsets.count * rows * columns == targetCount)
        guard targetCount > 0, depth > 0 else { return }
        let lefts = (rows - 1) * left.rowStride + (depth - 1) * left.columnStride
        let rights = (depth - 1) * right.rowStride + (columns - 1) * right.columnStride
        for batch in leftOffsets.indices {
            precondition(leftOffsets[batch] >= 0 && leftOffsets[batch] + lefts < leftCount)
            precondition(rightOffsets[batch] >= 0 && rightOffsets[batch] + rights < rightCount)
        }
    }
}
