// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The bytes ``packByteImageFilter(_:_:into:)`` writes; the memory should be aligned to 64 bytes.
    package func packedByteImageFilterByteCount(_ shape: ConvolutionShape) -> Int {
        unsafe ByteImageFilter(shape, table).byteCount
    }

    /// Rearranges a quantised filter for convolutions over channels-last images.
    ///
    /// Unless the convolution is depthwise, there must be one group, and weights less their zero point must fit `i8`.
    package func packByteImageFilter(
        _ shape: ConvolutionShape, _ source: ByteFilterSource, into packed: UnsafeMutableRawPointer
    ) {
        // SAFETY: the caller gives packedByteImageFilterByteCount bytes.
        let filter = unsafe ByteImageFilter(shape, table)
        unsafe packed.initializeMemory(as: UInt8.self, repeating: 0, count: filter.byteCount)
        spreadItems(shape.outputChannels, cost: shape.depth * 4) { channels in
            unsafe filter.fill(channels, of: packed, source)
        }
        unsafe filter.fillCodes(packed)
    }

    /// Convolves `N H W C` images of unsigned bytes exactly; padding is the input's zero point.
    ///
    /// Taps along a row are neighbours unless the convolution is depthwise. A residual, laid out like the output, can
    /// be added unless it is.
    package func byteImageConvolution(
        _ shape: ConvolutionShape, _ input: UnsafePointer<UInt8>, zeroPoint: UInt8, packed: UnsafeRawPointer,
        into output: UnsafeMutablePointer<UInt8>, residual: UnsafePointer<UInt8>? = nil, _ finish: ByteFinish
    ) {
        guard shape.batch > 0, shape.outputChannels > 0, shape.outputHeight > 0, shape.outputWidth > 0 else { return }
        let filter = unsafe ByteImageFilter(shape, table)
        if filter.isDepthwise {
            unsafe byteImageDepthwise(shape, filter, input, zeroPoint, packed, output, finish)
        } else {
            unsafe byteImageGeneral(shape, filter, input, zeroPoint, packed, output, residual, finish)
        }
    }

    @unsafe
    private func byteImageGeneral(
        _ shape: ConvolutionShape, _ filter: ByteImageFilter, _ input: UnsafePointer<UInt8>, _ zeroPoint: UInt8,
        _ packed: UnsafeRawPointer, _ output: UnsafeMutablePointer<UInt8>, _ residual: UnsafePointer<UInt8>?,
        _ finish: ByteFinish
    ) {
        let (channels, n) = (shape.inputChannels, shape.outputChannels)
        let plane = ByteImagePlane(
            PoolingShape(shape), channels: channels, needsSlack: shape.kernelWidth * channels % 4 != 0)
        var task = unsafe finish.task
        unsafe task.groups = filter.groups
        unsafe task.segments = shape.kernelHeight
        unsafe task.segment_stride = shape.dilationHeight * plane.rowSize
        unsafe task.a_stride = shape.strideWidth * channels
        unsafe task.b = packed.assumingMemoryBound(to: UInt8.self)
        unsafe task.b_panel_stride = filter.panelSize
        unsafe task.bias = filter.bias(packed)
        unsafe task.scales = filter.scales(packed)
        unsafe task.y_stride = n
        unsafe task.residual_stride = n
        let isFlat =
            shape.kernelHeight == 1 && shape.kernelWidth == 1 && shape.strideHeight == 1 && shape.strideWidth == 1
            && !plane.isCopied
        if isFlat {
            unsafe task.a = input
            unsafe task.y = UnsafeMutableRawPointer(output)
            unsafe task.residual = residual
            let rows = shape.batch * shape.outputHeight * shape.outputWidth
            unsafe byteRows(task, lines: 1, lineStride: 0, length: rows, n: n, width: filter.width)
            return
        }
        let (inputSize, lines) = (shape.inputHeight * shape.inputWidth * channels, shape.outputHeight)
        let outputSize = lines * shape.outputWidth * n
        let isUnfolded = unsafe ByteRowsUnfolding.isWorthwhile(shape, tile: table.pointee.i8_gemm_rows)
        for image in 0..<shape.batch {
            guard let rows = unsafe plane.rows(of: input + image * inputSize, fill: zeroPoint, self) else { return }
            unsafe task.a = rows
            unsafe task.y = UnsafeMutableRawPointer(output + image * outputSize)
            unsafe task.residual = residual.map { unsafe $0 + image * outputSize }
            if isUnfolded {
                let unfolding = unsafe ByteRowsUnfolding(task, lineStride: shape.strideHeight * plane.rowSize)
                guard let flat = unsafe unfolding.task(lines: lines, length: shape.outputWidth, self) else { return }
                unsafe byteRows(
                    flat, lines: 1, lineStride: 0, length: lines * shape.outputWidth, n: n, width: filter.width)
                continue
            }
            unsafe byteRows(
                task, lines: lines, lineStride: shape.strideHeight * plane.rowSize, length: shape.outputWidth, n: n,
                width: filter.width)
        }
    }

    /// Spreads the rows of a product, lying in lines, and its columns over the pool.
    @unsafe
    func byteRows(
        _ task: apus_byte_rows_task, lines: Int, lineStride: Int, length: Int, n: Int, width: Int,
        _ form: ByteRowsForm = .bytes
    ) {
        let kernel =
            switch form {
            case .bytes: unsafe table.pointee.u8s8_rows
            case .floats: unsafe table.pointee.u8s8_float_rows
            case .integers: unsafe table.pointee.u8s8_integer_rows
            }
        let division = unsafe ByteRowsDivision(
            task, lines: lines, length: length, n: n, width: width, tile: table.pointee.i8_gemm_rows,
            threadCount: pool.threadCount)
        let elementSize = form == .bytes ? 1 : 4
        pool.run(partCount: division.partCount) { part in
            let (rows, panels) = division.part(part)
            // SAFETY: rows and panels are those of the task, which the caller vouches for.
            var task = unsafe task
            let base = unsafe task
            division.eachBlock(rows, panels) { rows, panels in
                let start = panels.lowerBound * width
                let (line, place) = lines > 1 ? (rows.lowerBound, 0) : (0, rows.lowerBound)
                let at = unsafe (line * length + place) * task.y_stride + start
                unsafe task.n = Swift.min(n, panels.upperBound * width) - start
                unsafe task.m = lines > 1 ? length : rows.count
                unsafe task.b = base.b + panels.lowerBound * base.b_panel_stride
                unsafe task.bias = base.bias + start
                if form != .integers { unsafe task.scales = base.scales + start }
                if unsafe base.offsets != nil { unsafe task.offsets = base.offsets + start }
                unsafe task.a = base.a.map { unsafe $0 + line * lineStride + place * base.a_stride }
                unsafe task.y = base.y.map { unsafe $0 + at * elementSize }
                unsafe task.residual = base.residual.map { unsafe $0 + at }
                unsafe kernel?(&task)
                if case .floats(let activation) = form, activation != .none {
                    let floats = unsafe task.y.assumingMemoryBound(to: Float.self)
                    let count = unsafe task.m
                    for row in 0..<count {
                        let place = unsafe floats + row * task.y_stride
                        unsafe activate(activation, task.n, place, place)
                    }
                }
            }
        }
    }

    @unsafe
    private func byteImageDepthwise(
        _ shape: ConvolutionShape, _ filter: ByteImageFilter, _ input: UnsafePointer<UInt8>, _ zeroPoint: UInt8,
        _ packed: UnsafeRawPointer, _ output: UnsafeMutablePointer<UInt8>, _ finish: ByteFinish
    ) {
        var task = unsafe apus_byte_window_task()
        unsafe task.weights = packed.assumingMemoryBound(to: Float.self)
        unsafe task.weight_stride = filter.channels
        unsafe task.codes = filter.codes(packed)
        unsafe task.bias = filter.bias(packed)
        unsafe task.scales = filter.scales(packed)
        unsafe task.zero_point = finish.zeroPoint
        unsafe task.low = Float(finish.lowest &- finish.zeroPoint)
        unsafe task.high = Float(finish.highest &- finish.zeroPoint)
        unsafe byteWindows(
            PoolingShape(shape), images: shape.batch, channels: shape.inputChannels, input, fill: zeroPoint, output,
            task, table.pointee.u8_depthwise)
    }

    /// Takes the greatest byte under each window of `N H W C` images; padding never wins.
    package func byteImageMaxPool(
        _ shape: PoolingShape, channels: Int, _ input: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) {
        guard shape.outputHeight > 0, shape.outputWidth > 0 else { return }
        unsafe byteWindows(
            shape, images: shape.planes, channels: channels, input, fill: 0, output, apus_byte_window_task(),
            table.pointee.u8_maximum_window)
    }

    /// The parts windows over one image are spread in: few, for neighbours copy some rows twice.
    private func windowParts(_ shape: PoolingShape, lineSize: Int) -> Int {
        let work = shape.outputHeight * lineSize * shape.kernelHeight * shape.kernelWidth >> 17
        let most = work < pool.threadCount * 4 ? pool.threadCount : pool.threadCount * 2
        return pool.threadCount == 1 ? 1 : Swift.max(1, Swift.min(most, work, shape.outputHeight))
    }

    @unsafe
    private func byteWindows(
        _ shape: PoolingShape, images: Int, channels: Int, _ input: UnsafePointer<UInt8>, fill: UInt8,
        _ output: UnsafeMutablePointer<UInt8>, _ task: apus_byte_window_task,
        _ kernel: (@convention(c) (UnsafePointer<apus_byte_window_task>?) -> Void)?
    ) {
        let plane = ByteImagePlane(shape, channels: channels, needsSlack: channels % lanes != 0)
        let lineSize = shape.outputWidth * channels
        var task = unsafe task
        unsafe task.channels = channels
        unsafe task.outputs = shape.outputWidth
        unsafe task.kernel_height = shape.kernelHeight
        unsafe task.kernel_width = shape.kernelWidth
        unsafe task.row_stride = shape.dilationHeight * plane.rowSize
        unsafe task.tap_stride = shape.dilationWidth * channels
        unsafe task.step = shape.strideWidth * channels
        for image in 0..<images {
            let start = unsafe input + image * shape.inputHeight * shape.inputWidth * channels
            let target = unsafe output + image * shape.outputHeight * lineSize
            let whole = unsafe task
            let height = shape.outputHeight
            let parts = windowParts(shape, lineSize: lineSize)
            pool.run(partCount: parts) { part in
                var task = unsafe whole
                let lines = part * height / parts..<(part + 1) * height / parts
                // Strips of a padded copy are read before they leave the cache.
                for first in stride(from: lines.lowerBound, to: lines.upperBound, by: plane.stripHeight) {
                    let strip = first..<Swift.min(first + plane.stripHeight, lines.upperBound)
                    guard let rows = unsafe plane.strip(strip, of: start, fill: fill) else { return }
                    for line in strip {
                        // SAFETY: lines count through the output image.
                        unsafe task.x = rows + (line - first) * shape.strideHeight * plane.rowSize
                        unsafe task.y = target + line * lineSize
                        unsafe kernel?(&task)
                    }
                }
            }
        }
    }
}

/// What rows of products are stored as.
enum ByteRowsForm: Hashable {
    case bytes
    case integers
    case floats(Activation)
}

extension ByteFinish {
    var task: apus_byte_rows_task {
        var task = unsafe apus_byte_rows_task()
        unsafe task.zero_point = zeroPoint
        unsafe task.low = Float(lowest &- zeroPoint)
        unsafe task.high = Float(highest &- zeroPoint)
        unsafe task.is_residual_left = isResidualFirst ? 1 : 0
        unsafe task.sum = sum.task
        return unsafe task
    }
}
