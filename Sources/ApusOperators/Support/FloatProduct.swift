// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// Products of matrices of single-precision numbers in arrays.
package struct FloatProduct {
    private let product: MatrixProduct

    /// Multiplies with the instruction set and threads of an evaluation.
    package init(_ context: EvaluationContext) { product = MatrixProduct(context) }

    /// The product of a rows × depth matrix with a depth × columns one, or with the transpose of a columns × depth one.
    package func multiply(
        _ left: borrowing [Float], leftAt leftStart: Int = 0, _ right: borrowing [Float], rightAt rightStart: Int = 0,
        rows: Int, depth: Int, columns: Int, transposesRight: Bool = false
    ) -> [Float] {
        var result = [Float](repeating: 0, count: rows * columns)
        var target = result.mutableSpan
        let rightPlace = MatrixPlace(at: rightStart, rowStride: transposesRight ? depth : columns)
        product.accumulate(
            rows: rows, columns: columns, depth: depth, left.span, MatrixPlace(at: leftStart, rowStride: depth),
            right.span, transposesRight ? rightPlace.transposed : rightPlace, into: &target,
            MatrixPlace(rowStride: columns))
        return result
    }
}
