// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// Where the elements of a matrix lie in a span.
package struct MatrixPlace {
    /// The position of the first element.
    package var offset: Int
    /// The distance between rows.
    package var rowStride: Int
    /// The distance between columns.
    package var columnStride: Int

    /// A matrix whose rows are contiguous unless a column stride is given.
    package init(at offset: Int = 0, rowStride: Int, columnStride: Int = 1) {
        self.offset = offset
        self.rowStride = rowStride
        self.columnStride = columnStride
    }

    /// The same elements with rows and columns exchanged.
    package var transposed: MatrixPlace {
        MatrixPlace(at: offset, rowStride: columnStride, columnStride: rowStride)
    }

    fileprivate func contains(rows: Int, columns: Int, count: Int) -> Bool {
        guard rows > 0, columns > 0 else { return true }
        let last = offset + (rows - 1) * rowStride + (columns - 1) * columnStride
        return offset >= 0 && rowStride >= 0 && columnStride >= 0 && last < count
    }
}

/// Products of matrices: `f32` by the kernels, `f64` four rows by eight columns at a time from a packed panel.
package struct MatrixProduct {
    private let kernels: Kernels
    private static let depthBlock = 256
    private static let columnBlock = 128

    /// Multiplies with the instruction set and threads of an evaluation.
    package init(_ context: EvaluationContext) {
        kernels = Kernels(instructionSet: context.instructionSet, pool: context.workers)
    }

    /// Adds the product of two matrices to a third, whose rows must be contiguous.
    package func accumulate<Element: RealElement>(
        rows: Int, columns: Int, depth: Int, _ left: Span<Element>, _ leftPlace: MatrixPlace,
        _ right: Span<Element>, _ rightPlace: MatrixPlace, into target: inout MutableSpan<Element>,
        _ targetPlace: MatrixPlace
    ) {
        precondition(leftPlace.contains(rows: rows, columns: depth, count: left.count))
        precondition(rightPlace.contains(rows: depth, columns: columns, count: right.count))
        precondition(targetPlace.contains(rows: rows, columns: columns, count: target.count))
        precondition(targetPlace.columnStride == 1)
        guard rows > 0, columns > 0, depth > 0 else { return }
        if Element.self == Float.self {
            // SAFETY: Element is Float, and the preconditions hold what the kernel reaches inside the three spans.
            unsafe left.withUnsafeBytes { left in
                unsafe right.withUnsafeBytes { right in
                    unsafe target.withUnsafeMutableBytes { target in
                        unsafe accumulateFloat(
                            rows, columns, depth, left, leftPlace, right, rightPlace, target, targetPlace)
                    }
                }
            }
            return
        }
        let panels = (min(columns, Self.columnBlock) + 7) / 8
        var panel = [SIMD8<Element>](repeating: .zero, count: panels * min(depth, Self.depthBlock))
        // SAFETY: the preconditions hold every position the loops below reach inside the three spans.
        unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                unsafe target.withUnsafeMutableBufferPointer { target in
                    for column in stride(from: 0, to: columns, by: Self.columnBlock) {
                        let width = min(Self.columnBlock, columns - column)
                        for start in stride(from: 0, to: depth, by: Self.depthBlock) {
                            let steps = min(Self.depthBlock, depth - start)
                            let from =
                                rightPlace.offset + start * rightPlace.rowStride
                                + column * rightPlace.columnStride
                            unsafe Self.pack(right, from, rightPlace, steps: steps, width: width, into: &panel)
                            for row in stride(from: 0, to: rows, by: 4) {
                                let leftStart =
                                    leftPlace.offset + row * leftPlace.rowStride
                                    + start * leftPlace.columnStride
                                let targetStart = targetPlace.offset + row * targetPlace.rowStride + column
                                unsafe Self.multiply(
                                    height: min(4, rows - row), width: width, steps: steps, left, leftStart,
                                    leftPlace, panel, target, targetStart, targetPlace.rowStride)
                            }
                        }
                    }
                }
            }
        }
    }

    @unsafe
    private func accumulateFloat(
        _ rows: Int, _ columns: Int, _ depth: Int, _ left: UnsafeRawBufferPointer, _ leftPlace: MatrixPlace,
        _ right: UnsafeRawBufferPointer, _ rightPlace: MatrixPlace, _ target: UnsafeMutableRawBufferPointer,
        _ targetPlace: MatrixPlace
    ) {
        // SAFETY: the caller's spans hold floats, and more than none of them.
        guard let left = left.baseAddress, let right = right.baseAddress, let target = target.baseAddress else {
            return
        }
        let first = unsafe left.assumingMemoryBound(to: Float.self) + leftPlace.offset
        let second = unsafe right.assumingMemoryBound(to: Float.self) + rightPlace.offset
        let sum = unsafe target.assumingMemoryBound(to: Float.self) + targetPlace.offset
        unsafe kernels.gemm(
            m: rows, n: columns, k: depth,
            MatrixOperand(first, rowStride: leftPlace.rowStride, columnStride: leftPlace.columnStride),
            MatrixOperand(second, rowStride: rightPlace.rowStride, columnStride: rightPlace.columnStride), into: sum,
            rowStride: targetPlace.rowStride, epilogue: Epilogue(residual: sum))
    }

    @inline(__always)
    private static func pack<Element: RealElement>(
        _ right: UnsafeBufferPointer<Element>, _ from: Int, _ place: MatrixPlace, steps: Int, width: Int,
        into panel: inout [SIMD8<Element>]
    ) {
        for strip in 0..<(width + 7) / 8 {
            let filled = min(8, width - strip * 8)
            for step in 0..<steps {
                var vector = SIMD8<Element>.zero
                let base = from &+ step &* place.rowStride &+ strip &* 8 &* place.columnStride
                // SAFETY: accumulate checked that the whole block lies in the span.
                for lane in 0..<filled { vector[lane] = unsafe right[base &+ lane &* place.columnStride] }
                panel[strip &* steps &+ step] = vector
            }
        }
    }

    @inline(__always)
    private static func multiply<Element: RealElement>(
        height: Int, width: Int, steps: Int, _ left: UnsafeBufferPointer<Element>, _ leftStart: Int,
        _ leftPlace: MatrixPlace, _ panel: [SIMD8<Element>], _ target: UnsafeMutableBufferPointer<Element>,
        _ targetStart: Int, _ targetStride: Int
    ) {
        let step1 = height > 1 ? leftPlace.rowStride : 0
        let step2 = height > 2 ? 2 &* leftPlace.rowStride : 0
        let step3 = height > 3 ? 3 &* leftPlace.rowStride : 0
        // SAFETY: accumulate checked both places; the panel holds steps vectors for each strip.
        unsafe panel.withUnsafeBufferPointer { panel in
            for strip in 0..<(width &+ 7) / 8 {
                var sum0 = SIMD8<Element>.zero
                var sum1 = SIMD8<Element>.zero
                var sum2 = SIMD8<Element>.zero
                var sum3 = SIMD8<Element>.zero
                var position = leftStart
                for step in 0..<steps {
                    let vector = unsafe panel[strip &* steps &+ step]
                    unsafe sum0 += vector * left[position]
                    unsafe sum1 += vector * left[position &+ step1]
                    unsafe sum2 += vector * left[position &+ step2]
                    unsafe sum3 += vector * left[position &+ step3]
                    position = position &+ leftPlace.columnStride
                }
                let filled = min(8, width &- strip &* 8)
                let base = targetStart &+ strip &* 8
                for lane in 0..<filled {
                    unsafe target[base &+ lane] += sum0[lane]
                    if height > 1 { unsafe target[base &+ targetStride &+ lane] += sum1[lane] }
                    if height > 2 { unsafe target[base &+ 2 &* targetStride &+ lane] += sum2[lane] }
                    if height > 3 { unsafe target[base &+ 3 &* targetStride &+ lane] += sum3[lane] }
                }
            }
        }
    }
}
