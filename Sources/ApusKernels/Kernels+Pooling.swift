// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// Takes the greatest element under each window; padding never wins, an empty window gives `-infinity`.
    package func maxPool(_ shape: PoolingShape, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
        let window = PlaneWindow(shape, lanes: lanes)
        guard window.isPractical else {
            unsafe poolDirectly(shape, window, x, y, -.infinity, table.pointee.f32_row_maximum) { most, row in
                row.isNaN || row > most ? row : most
            } _: { most, _ in
                most
            }
            return
        }
        eachPlane(shape) { plane in
            // SAFETY: the caller gives planes of the shape's sizes.
            let image = unsafe x + plane * shape.inputHeight * shape.inputWidth
            guard let source = unsafe window.fill(image, with: -.infinity, table) else { return }
            let target = unsafe y + plane * shape.outputHeight * shape.outputWidth
            var task = unsafe window.makeTask(source, into: target)
            unsafe table.pointee.f32_max_pool?(&task)
        }
    }

    /// Averages the elements under each window, dividing by the elements inside, or by all with padding included.
    package func averagePool(
        _ shape: PoolingShape, includingPadding: Bool, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        let window = PlaneWindow(shape, lanes: lanes)
        let rows = (0..<shape.outputHeight).map { index in
            Self.factor(
                index * shape.strideHeight - shape.padTop, shape.kernelHeight, shape.dilationHeight,
                shape.inputHeight, shape.padTop, shape.padBottom, includingPadding)
        }
        let columns = (0..<shape.outputWidth).map { index in
            Self.factor(
                index * shape.strideWidth - shape.padLeft, shape.kernelWidth, shape.dilationWidth, shape.inputWidth,
                shape.padLeft, shape.padRight, includingPadding)
        }
        guard window.isPractical else {
            unsafe poolDirectly(shape, window, x, y, 0, table.pointee.f32_row_sum, +) { sum, index in
                sum * rows[index / shape.outputWidth] * columns[index % shape.outputWidth]
            }
            return
        }
        unsafe rows.withUnsafeBufferPointer { rowFactors in
            unsafe columns.withUnsafeBufferPointer { columnFactors in
                eachPlane(shape) { plane in
                    // SAFETY: the caller gives planes of the shape's sizes.
                    let image = unsafe x + plane * shape.inputHeight * shape.inputWidth
                    guard let source = unsafe window.fill(image, with: 0, table) else { return }
                    let target = unsafe y + plane * shape.outputHeight * shape.outputWidth
                    var task = unsafe window.makeTask(source, into: target)
                    unsafe task.row_factors = rowFactors.baseAddress
                    unsafe task.column_factors = columnFactors.baseAddress
                    unsafe table.pointee.f32_average_pool?(&task)
                }
            }
        }
    }

    /// Reduces each window where it lies, row by row.
    @unsafe
    private func poolDirectly(
        _ shape: PoolingShape, _ window: PlaneWindow, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ initial: Float,
        _ reduce: (
            @convention(c) (Int, Int, UnsafePointer<Float>?, Int, UnsafeMutablePointer<Float>?) -> Void
        )?, _ combine: (Float, Float) -> Float, _ finish: (Float, Int) -> Float
    ) {
        eachPlane(shape) { plane in
            let source = unsafe x + plane * shape.inputHeight * shape.inputWidth
            let target = unsafe y + plane * shape.outputHeight * shape.outputWidth
            window.eachWindow { index, row, column, rows, columns in
                var value = initial
                for u in rows where !columns.isEmpty {
                    let line = unsafe source + (row + u * shape.dilationHeight) * shape.inputWidth + column
                    if shape.dilationWidth == 1 {
                        var part = initial
                        // SAFETY: the taps of the range lie inside the plane.
                        unsafe reduce?(1, columns.count, line + columns.lowerBound, 0, &part)
                        value = combine(value, part)
                    } else {
                        for v in columns { value = combine(value, unsafe line[v * shape.dilationWidth]) }
                    }
                }
                unsafe target[index] = finish(value, index)
            }
        }
    }

    private func eachPlane(_ shape: PoolingShape, _ body: (Int) -> Void) {
        guard shape.outputHeight > 0, shape.outputWidth > 0 else { return }
        let cost = shape.outputHeight * shape.outputWidth * shape.kernelHeight * shape.kernelWidth
        spreadItems(shape.planes, cost: cost) { planes in
            for plane in planes { body(plane) }
        }
    }

    /// One over the number of taps that count, along one axis.
    static func factor(
        _ start: Int, _ taps: Int, _ dilation: Int, _ extent: Int, _ before: Int, _ after: Int,
        _ includingPadding: Bool
    ) -> Float {
        var count = 0
        for tap in 0..<taps {
            let at = start + tap * dilation
            if includingPadding ? at < extent + after : at >= 0 && at < extent { count += 1 }
        }
        return count == 0 ? 0 : 1 / Float(count)
    }
}
