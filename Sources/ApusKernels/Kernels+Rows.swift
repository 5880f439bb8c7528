// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// Normalises each contiguous row to exponentials that sum to one, or to their logarithms; `y` may be `x`.
    package func softmax(
        rows: Int, columns: Int, logarithm: Bool = false, _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        spreadItems(rows, cost: columns * 4) { range in
            let start = range.lowerBound * columns
            // SAFETY: the caller gives rows times columns elements.
            unsafe table.pointee.f32_softmax?(range.count, columns, x + start, y + start, logarithm ? 1 : 0)
        }
    }

    /// Softmax of lines whose neighbours lie `step` floats apart: blocks of `length` rows of `step` columns each.
    package func softmaxColumns(
        blocks: Int, length: Int, step: Int, logarithm: Bool = false, _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let width = Swift.min(step, 256)
        guard width > 0 else { return }
        let pieces = (step + width - 1) / width
        spreadItems(blocks * pieces, cost: length * width * 4) { range in
            for item in range {
                let (block, piece) = item.quotientAndRemainder(dividingBy: pieces)
                let start = block * length * step + piece * width
                // SAFETY: the caller gives blocks times length times step elements.
                unsafe table.pointee.f32_softmax_columns?(
                    length, Swift.min(width, step - piece * width), step, x + start, y + start, logarithm ? 1 : 0)
            }
        }
    }

    /// Normalises each contiguous row to zero mean and unit variance, then scales and shifts by column.
    ///
    /// With a residual the rows normalised are `x + residual`, stored in `sum` where given. `means` and
    /// `inverseDeviations` take one number per row. `y` may be `x`.
    package func layerNormalization(
        rows: Int, columns: Int, epsilon: Float, _ x: UnsafePointer<Float>, residual: UnsafePointer<Float>? = nil,
        scale: UnsafePointer<Float>? = nil, bias: UnsafePointer<Float>? = nil, into y: UnsafeMutablePointer<Float>,
        sum: UnsafeMutablePointer<Float>? = nil, means: UnsafeMutablePointer<Float>? = nil,
        inverseDeviations: UnsafeMutablePointer<Float>? = nil
    ) {
        unsafe normalize(
            apus_normalization_task(
                rows: rows, columns: columns, x: x, residual: residual, scale: scale, bias: bias, y: y, sum: sum,
                means: means, deviations: inverseDeviations, epsilon: epsilon, is_centred: 1))
    }

    /// Divides each contiguous row by its root mean square, then scales and shifts by column; see layerNormalization.
    package func rmsNormalization(
        rows: Int, columns: Int, epsilon: Float, _ x: UnsafePointer<Float>, residual: UnsafePointer<Float>? = nil,
        scale: UnsafePointer<Float>? = nil, bias: UnsafePointer<Float>? = nil, into y: UnsafeMutablePointer<Float>,
        sum: UnsafeMutablePointer<Float>? = nil, inverseDeviations: UnsafeMutablePointer<Float>? = nil
    ) {
        unsafe normalize(
            apus_normalization_task(
                rows: rows, columns: columns, x: x, residual: residual, scale: scale, bias: bias, y: y, sum: sum,
                means: nil, deviations: inverseDeviations, epsilon: epsilon, is_centred: 0))
    }

    @unsafe
    private func normalize(_ whole: apus_normalization_task) {
        let columns = unsafe whole.columns
        spreadItems(unsafe whole.rows, cost: columns * 3) { range in
            let start = range.lowerBound * columns
            var task = unsafe whole
            // SAFETY: the caller gives rows times columns elements.
            unsafe task.rows = range.count
            unsafe task.x = whole.x + start
            unsafe task.y = whole.y + start
            unsafe task.residual = whole.residual.map { unsafe $0 + start }
            unsafe task.sum = whole.sum.map { unsafe $0 + start }
            unsafe task.means = whole.means.map { unsafe $0 + range.lowerBound }
            unsafe task.deviations = whole.deviations.map { unsafe $0 + range.lowerBound }
            unsafe table.pointee.f32_normalization?(&task)
        }
    }

    /// Reduces each row, whose elements are contiguous, to one number.
    package func reduceRows(
        _ reduction: RowReduction, rows: Int, columns: Int, _ x: UnsafePointer<Float>, rowStride: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        let kernel =
            switch reduction {
            case .sum: unsafe table.pointee.f32_row_sum
            case .maximum: unsafe table.pointee.f32_row_maximum
            case .minimum: unsafe table.pointee.f32_row_minimum
            case .sumOfSquares: unsafe table.pointee.f32_row_sum_of_squares
            }
        spreadItems(rows, cost: columns) { range in
            let start = range.lowerBound
            // SAFETY: the caller gives rows of the stride.
            unsafe kernel?(range.count, columns, x + start * rowStride, rowStride, y + start)
        }
    }
}
