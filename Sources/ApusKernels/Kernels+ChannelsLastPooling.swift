// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// Pools over images `N H W C`; a shape's planes are images here.
extension Kernels {
    /// Takes the greatest element under each window; padding never wins, an empty window gives `-infinity`.
    package func channelsLastMaxPool(
        _ shape: PoolingShape, channels: Int, _ x: ImageNumbers, into y: ImageTarget
    ) {
        let isRounded = x.precision == .bf16
        let kernel = unsafe isRounded ? table.pointee.bf16_channel_max_pool : table.pointee.f32_channel_max_pool
        unsafe eachLine(shape, channels, x, y) { task in unsafe kernel?(&task) }
    }

    /// Averages the elements under each window, dividing by the elements inside, or by all with padding included.
    package func channelsLastAveragePool(
        _ shape: PoolingShape, channels: Int, includingPadding: Bool, _ x: ImageNumbers,
        into y: ImageTarget
    ) {
        let count = shape.outputHeight + shape.outputWidth
        let isRounded = x.precision == .bf16
        let kernel =
            unsafe isRounded ? table.pointee.bf16_channel_average_pool : table.pointee.f32_channel_average_pool
        guard let memory = unsafe scratch(.factors, byteCount: count * 4) else { return }
        // SAFETY: the scratch memory holds a factor for each row and each column, and is not asked for again here.
        let rows = unsafe memory.assumingMemoryBound(to: Float.self)
        let columns = unsafe rows + shape.outputHeight
        for index in 0..<shape.outputHeight {
            unsafe rows[index] = Self.factor(
                index * shape.strideHeight - shape.padTop, shape.kernelHeight, shape.dilationHeight,
                shape.inputHeight, shape.padTop, shape.padBottom, includingPadding)
        }
        for index in 0..<shape.outputWidth {
            unsafe columns[index] = Self.factor(
                index * shape.strideWidth - shape.padLeft, shape.kernelWidth, shape.dilationWidth, shape.inputWidth,
                shape.padLeft, shape.padRight, includingPadding)
        }
        unsafe eachLine(shape, channels, x, y) { task in
            unsafe task.row_factors = UnsafePointer(rows)
            unsafe task.column_factors = UnsafePointer(columns)
            unsafe kernel?(&task)
        }
    }

    /// Calls the body for each line of output pixels, in blocks of channels where there are few lines.
    @unsafe
    private func eachLine(
        _ shape: PoolingShape, _ channels: Int, _ x: ImageNumbers, _ y: ImageTarget,
        _ body: (inout apus_channel_task) -> Void
    ) {
        guard shape.outputHeight > 0, shape.outputWidth > 0, shape.planes > 0, channels > 0 else { return }
        let lines = shape.planes * shape.outputHeight
        let width = lines < pool.threadCount * 4 ? 4 * lanes : channels
        let blocks = (channels + width - 1) / width
        let cost = shape.outputWidth * shape.kernelHeight * shape.kernelWidth * Swift.min(width, channels) / 4
        spreadItems(lines * blocks, cost: cost) { items in
            for item in items {
                let (line, block) = item.quotientAndRemainder(dividingBy: blocks)
                let (image, row) = line.quotientAndRemainder(dividingBy: shape.outputHeight)
                // SAFETY: lines count through images and output rows as the images do, blocks through channels.
                var task = unsafe apus_channel_task()
                unsafe task.x =
                    x.advanced(by: image * shape.inputHeight * shape.inputWidth * channels + block * width).base
                unsafe task.y =
                    y.advanced(by: image * shape.outputHeight * shape.outputWidth * channels + block * width).base
                unsafe task.y_is_bf16 = y.isRounded
                unsafe task.channels = Swift.min(width, channels - block * width)
                unsafe task.x_stride = channels
                unsafe task.y_stride = channels
                unsafe task.height = shape.inputHeight
                unsafe task.width = shape.inputWidth
                unsafe task.output_width = shape.outputWidth
                unsafe task.kernel_height = shape.kernelHeight
                unsafe task.kernel_width = shape.kernelWidth
                unsafe task.stride_height = shape.strideHeight
                unsafe task.stride_width = shape.strideWidth
                unsafe task.dilation_height = shape.dilationHeight
                unsafe task.dilation_width = shape.dilationWidth
                unsafe task.pad_top = shape.padTop
                unsafe task.pad_left = shape.padLeft
                unsafe task.row = row
                unsafe task.rows = 1
                unsafe body(&task)
            }
        }
    }
}
