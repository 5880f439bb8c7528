// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension Kernels {
    /// Normalises each contiguous row to exponentials that sum to one, or to their logarithms; `y` may be `x`.
    package func softmax(
        rows: Int, columns: Int, logarithm: Bool = false, _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        // SAFETY: the caller gives rows times columns elements.
        for row in 0..<rows {
            let (source, target) = unsafe (x + row * columns, y + row * columns)
            var top = -Float.infinity
            for i in 0..<columns { unsafe top = Swift.max(top, source[i]) }
            var sum: Float = 0
            for i in 0..<columns { unsafe sum += expf(source[i] - top) }
            for i in 0..<columns {
                unsafe target[i] = logarithm ? source[i] - top - logf(sum) : expf(source[i] - top) / sum
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
            rows, columns, epsilon, true, x, residual, scale, bias, y, sum, means, inverseDeviations)
    }

    /// Divides each contiguous row by its root mean square, then scales and shifts by column; see layerNormalization.
    package func rmsNormalization(
        rows: Int, columns: Int, epsilon: Float, _ x: UnsafePointer<Float>, residual: UnsafePointer<Float>? = nil,
        scale: UnsafePointer<Float>? = nil, bias: UnsafePointer<Float>? = nil, into y: UnsafeMutablePointer<Float>,
        sum: UnsafeMutablePointer<Float>? = nil, inverseDeviations: UnsafeMutablePointer<Float>? = nil
    ) {
        unsafe normalize(rows, columns, epsilon, false, x, residual, scale, bias, y, sum, nil, inverseDeviations)
    }

    private func normalize(
        _ rows: Int, _ columns: Int, _ epsilon: Float, _ centred: Bool, _ x: UnsafePointer<Float>,
        _ residual: UnsafePointer<Float>?, _ scale: UnsafePointer<Float>?, _ bias: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>?, _ means: UnsafeMutablePointer<Float>?,
        _ deviations: UnsafeMutablePointer<Float>?
    ) {
        for row in 0..<rows {
            let start = row * columns
            func value(_ i: Int) -> Float { unsafe x[start + i] + (residual.map { unsafe $0[start + i] } ?? 0) }
            var mean: Float = 0
            if centred { for i in 0..<columns { mean += value(i) / Float(columns) } }
            var variance: Float = 0
            for i in 0..<columns { variance += (value(i) - mean) * (value(i) - mean) / Float(columns) }
            let inverse = 1 / sqrtf(variance + epsilon)
            unsafe means?[row] = mean
            unsafe deviations?[row] = inverse
            for i in 0..<columns {
                let v = value(i)
                unsafe sums?[start + i] = v
                unsafe y[start + i] =
                    (v - mean) * inverse * (scale.map { unsafe $0[i] } ?? 1) + (bias.map { unsafe $0[i] } ?? 0)
            }
        }
    }

    /// Reduces each row, whose elements are contiguous, to one number.
    package func reduceRows(
        _ reduction: RowReduction, rows: Int, columns: Int, _ x: UnsafePointer<Float>, rowStride: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            let source = unsafe x + row * rowStride
            var value: Float = reduction == .maximum ? -.infinity : reduction == .minimum ? .infinity : 0
            for i in 0..<columns {
                let element = unsafe source[i]
                switch reduction {
                case .sum: value += element
                case .maximum: value = element.isNaN || element > value ? element : value
                case .minimum: value = element.isNaN || element < value ? element : value
                case .sumOfSquares: value += element * element
                }
            }
            unsafe y[row] = value
        }
    }
}
