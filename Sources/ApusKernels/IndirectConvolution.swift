// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// One convolution over images `N H W C`, cut into parts for the threads and into blocks that fit the caches.
@safe
struct IndirectConvolution {
    private let shape: ConvolutionShape
    private let kernels: Kernels
    private let weights: UnsafePointer<Float>
    /// The floats, or words of two bf16, of one group's packed weights.
    private let groupCount: Int
    private let epilogue: Epilogue
    /// Output channels of a group, pixels of an image.
    private let (columns, pixels): (Int, Int)
    /// The taps as the kernel sees them, and how many neighbouring floats or words of two bf16 each reads.
    private let (taps, channels): (Int, Int)
    private let isMerged: Bool
    private let isPaired: Bool
    /// Whether the images are `N C H W`.
    private let isPlanar: Bool
    /// How many floats pixels of the result lie apart.
    private let outputStride: Int

    /// Pixels whose pointers the kernel looks up together, at the least and at the most.
    private static let (chunk, largestChunk) = (24, 96)
    /// Vectors in a full panel of weights.
    static let panel = 3
    /// How many rows of weights ahead the kernel fetches.
    private static let prefetched = 64
    /// The bytes of weights that should stay in the second level of cache, and of a panel that must.
    private static let (blockBytes, panelBytes) = (512 << 10, 640 << 10)

    @unsafe
    init(
        _ shape: ConvolutionShape, _ kernels: Kernels, _ weights: UnsafePointer<Float>, groupCount: Int,
        _ epilogue: Epilogue, isPlanar: Bool = false, outputStride: Int? = nil
    ) {
        self.shape = shape
        self.kernels = kernels
        unsafe self.weights = unsafe weights
        self.groupCount = groupCount
        self.epilogue = epilogue
        columns = shape.outputChannels / shape.groups
        pixels = shape.outputHeight * shape.outputWidth
        isPaired = kernels.readsPairs(shape)
        let depth = shape.inputChannels / shape.groups
        // With few channels a row of the window is read as one run; its padding is then copied.
        isMerged = shape.readsRuns
        self.isPlanar = isPlanar
        self.outputStride = outputStride ?? shape.outputChannels
        taps = isMerged ? shape.kernelHeight : shape.kernelHeight * shape.kernelWidth
        let run = isMerged ? depth * shape.kernelWidth : depth
        channels = isPaired ? (run + 1) / 2 : run
    }

    /// Computes every image, multiplied by factors only where channels are read in pairs, which those of bf16 must be.
    @unsafe
    func compute(_ images: ImageNumbers, _ output: ImageTarget, factors: UnsafePointer<Float>? = nil) {
        var task = unsafe makeTask(output.precision)
        let input = unsafe images.words
        var source = unsafe input
        var imageCount = shape.inputHeight * shape.inputWidth * shape.inputChannels
        let width = shape.inputWidth + shape.padLeft + shape.padRight
        if isPaired, isMerged {
            // What lies between the pixels where windows begin takes the place of a pixel.
            let steps = (width + shape.strideWidth - 1) / shape.strideWidth
            guard
                let words = unsafe kernels.pairLines(
                    shape, input, width: steps * shape.strideWidth, isPlanar: isPlanar)
            else { return }
            unsafe source = unsafe words
            unsafe task.width = steps
            unsafe task.stride_width = 1
            unsafe task.x_stride = shape.strideWidth * shape.inputChannels / 2
            imageCount = unsafe shape.inputHeight * steps * task.x_stride
        } else if isPaired {
            guard let words = unsafe kernels.pairPixels(shape, images, factors: factors) else { return }
            unsafe source = unsafe words
            imageCount /= 2
        } else if isMerged, isPlanar || shape.padLeft + shape.padRight > 0 {
            guard let padded = unsafe pad(input, width) else { return }
            unsafe source = unsafe padded
            unsafe task.width = width
            imageCount = shape.inputHeight * width * shape.inputChannels
        }
        if shape.padTop + shape.padLeft + shape.padBottom + shape.padRight > 0 {
            guard let memory = unsafe scratch(.zeros, byteCount: channels * 4) else { return }
            let zeros = unsafe memory.assumingMemoryBound(to: Float.self)
            unsafe zeros.update(repeating: 0, count: channels)
            unsafe task.zeros = UnsafePointer(zeros)
        }
        let items = shape.batch * shape.groups
        let (pixelParts, columnParts) = divide(items)
        kernels.pool.run(partCount: items * pixelParts * columnParts) { part in
            let (item, piece) = part.quotientAndRemainder(dividingBy: pixelParts * columnParts)
            let (image, group) = item.quotientAndRemainder(dividingBy: shape.groups)
            let (row, column) = piece.quotientAndRemainder(dividingBy: columnParts)
            // SAFETY: items count through batch and groups as the images do.
            var part = unsafe task
            unsafe part.x = source + image * imageCount + group * channels
            unsafe part.weights = weights + group * groupCount
            unsafe part.y = output.advanced(by: image * pixels * outputStride + group * columns).base
            unsafe part.bias = epilogue.bias.map { unsafe $0 + group * columns }
            unsafe part.residual = epilogue.residual(from: image * pixels * shape.outputChannels + group * columns)
            let rows = row * pixels / pixelParts..<(row + 1) * pixels / pixelParts
            unsafe compute(&part, rows, share(column, of: columnParts))
        }
    }

    /// Computes some pixels of one image on the calling thread; the window is one pixel, step by step.
    @unsafe
    func compute(
        _ pixels: Range<Int>, of input: ImageNumbers, image: Int, into output: ImageTarget
    ) {
        guard !pixels.isEmpty else { return }
        var task = unsafe makeTask(output.precision)
        unsafe task.x = input.words
        if isPaired, input.precision == .f32 {
            let (first, count) = (pixels.lowerBound * shape.inputChannels, pixels.count * shape.inputChannels)
            guard let memory = unsafe scratch(.pairs, byteCount: count * 2) else { return }
            unsafe kernels.table.pointee.bf16_round?(
                count, input.words + first, memory.assumingMemoryBound(to: UInt16.self))
            unsafe task.x = UnsafePointer(memory.assumingMemoryBound(to: Float.self) - pixels.lowerBound * channels)
        }
        unsafe task.weights = weights
        unsafe task.y = output.base
        unsafe task.bias = epilogue.bias
        unsafe task.residual = epilogue.residual(from: image * self.pixels * shape.outputChannels)
        unsafe compute(&task, pixels, 0..<columns)
    }

    /// One part: weights in blocks that stay in cache while the pixels go by.
    @unsafe
    private func compute(_ task: inout apus_indirect_task, _ rows: Range<Int>, _ share: Range<Int>) {
        let step = Self.panel * kernels.lanes
        let depthBytes = shape.depth * (isPaired ? 2 : 4)
        let block = Swift.max(1, Self.blockBytes / (depthBytes * step)) * step
        let chunk = self.chunk(weightBytes: Swift.min(block, share.count) * depthBytes)
        unsafe task.chunk = chunk
        unsafe task.ahead = Self.prefetched * step
        let places = taps * chunk
        let tableBytes = unsafe places * MemoryLayout<UnsafePointer<Float>>.stride
        guard let memory = unsafe scratch(.pointers, byteCount: tableBytes) else { return }
        unsafe task.table = memory.assumingMemoryBound(to: UnsafePointer<Float>?.self)
        // What is rounded at the end has no place for the sums of some taps.
        let tapStep =
            unsafe depthBytes * step > Self.panelBytes && task.y_is_bf16 == 0
            ? Swift.max(1, taps * Self.panelBytes / 2 / (depthBytes * step)) : taps
        let kernel = unsafe isPaired ? kernels.table.pointee.bf16_indirect : kernels.table.pointee.f32_indirect
        var column = share.lowerBound
        while column < share.upperBound {
            var end = Swift.min(column + block, share.upperBound)
            if share.upperBound - end < step { end = share.upperBound }
            unsafe task.column = column
            unsafe task.columns = end - column
            let isFinished = epilogue.activation.isFinished
            let pixelStep =
                isFinished ? rows.count : Swift.max(1, (8 << 10) / (end - column) / chunk) * chunk
            for first in stride(from: rows.lowerBound, to: rows.upperBound, by: pixelStep) {
                let count = Swift.min(pixelStep, rows.upperBound - first)
                unsafe task.pixel = first
                unsafe task.pixels = count
                for tap in stride(from: 0, to: taps, by: tapStep) {
                    unsafe task.tap = tap
                    unsafe task.taps = Swift.min(tapStep, taps - tap)
                    unsafe task.is_first = tap == 0 ? 1 : 0
                    unsafe task.is_last = tap + tapStep >= taps ? 1 : 0
                    unsafe kernel?(&task)
                }
                if !isFinished, let y = unsafe task.y {
                    unsafe kernels.activate(
                        epilogue.activation, count, end - column,
                        y.assumingMemoryBound(to: Float.self) + first * outputStride + column, stride: outputStride)
                }
            }
            column = end
        }
    }

    /// How many pixels go by while a panel of weights stays in the first level of cache: more where the panels
    /// together do not stay in the second level, as long as the pixels do.
    private func chunk(weightBytes: Int) -> Int {
        guard weightBytes > Self.blockBytes / 4 else { return Self.chunk }
        let pixelBytes = channels * 4 * shape.strideHeight * shape.strideWidth
        let fitting = Self.blockBytes / 2 / pixelBytes / Self.chunk * Self.chunk
        return Swift.min(Swift.max(Self.chunk, fitting), Self.largestChunk)
    }

    /// How many parts pixels and output channels are cut into.
    private func divide(_ items: Int) -> (pixels: Int, columns: Int) {
        let threads = kernels.pool.threadCount
        let work = Double(items) * Double(pixels) * Double(columns) * Double(shape.depth)
        guard threads > 1, work > 200_000 else { return (1, 1) }
        let wanted = (threads * 4 + items - 1) / items
        let panels = (columns + kernels.lanes * Self.panel - 1) / (kernels.lanes * Self.panel)
        let isHeavy = groupCount * 4 > 2 * Self.blockBytes
        let byPixels = Swift.min(wanted, Swift.max(1, pixels / Self.chunk))
        if isHeavy && panels >= wanted || byPixels < threads { return (1, Swift.min(wanted, panels)) }
        return (byPixels, 1)
    }

    /// The output channels of one part: whole panels, but for the last.
    private func share(_ index: Int, of count: Int) -> Range<Int> {
        let step = Self.panel * kernels.lanes
        // The last panel may be one vector wider than the others.
        let panels = Swift.max(1, (columns - kernels.lanes + step - 1) / step)
        let (first, last) = (index * panels / count, (index + 1) * panels / count)
        return Swift.min(columns, first * step)..<(index == count - 1 ? columns : Swift.min(columns, last * step))
    }

    private func makeTask(_ output: Precision) -> apus_indirect_task {
        var task = unsafe apus_indirect_task()
        unsafe task.y_is_bf16 = output == .bf16 ? 1 : 0
        unsafe task.residual_is_bf16 = epilogue.residualIsRounded
        let bounds = epilogue.activation.bounds
        unsafe task.height = shape.inputHeight
        unsafe task.width = shape.inputWidth
        unsafe task.x_stride = shape.inputChannels / (isPaired ? 2 : 1)
        unsafe task.channels = channels
        unsafe task.output_width = shape.outputWidth
        unsafe task.kernel_height = shape.kernelHeight
        unsafe task.kernel_width = isMerged ? 1 : shape.kernelWidth
        unsafe task.stride_height = shape.strideHeight
        unsafe task.stride_width = shape.strideWidth
        unsafe task.dilation_height = shape.dilationHeight
        unsafe task.dilation_width = shape.dilationWidth
        unsafe task.pad_top = shape.padTop
        unsafe task.pad_left = isMerged ? 0 : shape.padLeft
        unsafe task.y_stride = outputStride
        unsafe task.residual_stride = shape.outputChannels
        unsafe task.low = bounds.lowerBound
        unsafe task.high = bounds.upperBound
        unsafe task.curve = epilogue.activation.curve
        return unsafe task
    }

    /// A copy of the images with zeros at the left and right of each line.
    @unsafe
    private func pad(_ input: UnsafePointer<Float>, _ width: Int) -> UnsafePointer<Float>? {
        let count = width * shape.inputChannels
        let lines = shape.batch * shape.inputHeight
        guard let memory = unsafe scratch(.image, byteCount: lines * count * 4) else { return nil }
        let target = unsafe memory.assumingMemoryBound(to: Float.self)
        kernels.spreadItems(lines, cost: count / 4) { part in
            for line in part {
                // SAFETY: lines count through batch and rows as the images do.
                unsafe kernels.padLine(
                    shape, input, line, width: width, isPlanar: isPlanar, into: target + line * count)
            }
        }
        return unsafe UnsafePointer(target)
    }
}

extension ConvolutionShape {
    /// Whether a row of the window over images with channels last is read as one run.
    package var readsRuns: Bool {
        groups == 1 && inputChannels <= 8 && kernelWidth > 1 && dilationWidth == 1
    }
}
