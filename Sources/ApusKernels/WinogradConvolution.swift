// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// How many rows and columns of output pixels Winograd's filtering makes at a time.
package enum WinogradTile: Int, Sendable, CaseIterable {
    /// F(2 x 2, 3 x 3): four ninths of the products of the definition, transformed weights 16/9 as many.
    case two = 2
    /// F(4 x 4, 3 x 3): a quarter of the products, at a relative error of some millionths; weights four times as many.
    case four = 4

    /// The rows and columns of output pixels.
    package var side: Int { rawValue }
    /// The numbers a tile of input pixels becomes in each channel.
    package var positions: Int { (side + 2) * (side + 2) }

    /// The tiles in one direction that cover some output pixels.
    func count(over pixels: Int) -> Int { (pixels + side - 1) / side }
}

/// Convolutions by 3 x 3 windows over images `N H W C` with Winograd's filtering, by fewer products.
extension Kernels {
    /// Whether the sums of a convolution may be taken this way.
    package static func allowsWinograd(_ shape: ConvolutionShape) -> Bool {
        shape.kernelHeight == 3 && shape.kernelWidth == 3 && shape.strideHeight == 1 && shape.strideWidth == 1
            && shape.dilationHeight == 1 && shape.dilationWidth == 1 && shape.groups == 1
    }

    /// The bytes ``packWinograd(_:_:weights:into:)`` writes.
    package func packedWinogradByteCount(_ shape: ConvolutionShape, _ tile: WinogradTile) -> Int {
        tile.positions * winogradPanelCount(shape, tile) * 4
    }

    /// The floats, or words of two bf16, of one position's weights.
    private func winogradPanelCount(_ shape: ConvolutionShape, _ tile: WinogradTile) -> Int {
        (shape.outputChannels + lanes - 1) / lanes * lanes * shape.inputChannels
            / (readsPairs(shape, tile) ? 2 : 1)
    }

    /// Transforms weights `[outputChannels, inputChannels, 3, 3]` for
    /// ``winogradConvolution(_:_:_:packed:into:epilogue:stride:)``.
    package func packWinograd(
        _ shape: ConvolutionShape, _ tile: WinogradTile, weights: UnsafePointer<Float>,
        into packed: UnsafeMutableRawPointer
    ) {
        // SAFETY: the caller gives packedWinogradByteCount bytes and weights of the shape's sizes.
        let target = unsafe packed.assumingMemoryBound(to: Float.self)
        let channels = shape.inputChannels
        let position = winogradPanelCount(shape, tile)
        if readsPairs(shape, tile) {
            return unsafe packWinogradPairs(shape, weights: weights, position: position, into: target)
        }
        let pack = unsafe tile == .two ? table.pointee.f32_winograd2_pack : table.pointee.f32_winograd4_pack
        spreadPanels(shape.outputChannels, cost: channels * tile.positions) { columns in
            unsafe pack?(
                columns.count, channels, position, weights + columns.lowerBound * channels * 9,
                target + columns.lowerBound * channels)
        }
    }

    /// Transforms weights by tiles of two and packs them as words of two channels each.
    @unsafe
    private func packWinogradPairs(
        _ shape: ConvolutionShape, weights: UnsafePointer<Float>, position: Int,
        into packed: UnsafeMutablePointer<Float>
    ) {
        let (n, channels) = (shape.outputChannels, shape.inputChannels)
        let count = n * channels
        guard let memory = unsafe scratch(.left, byteCount: 16 * count * 4) else { return }
        // SAFETY: the memory holds 16 numbers for each filter, the caller gives nine.
        let rows = unsafe memory.assumingMemoryBound(to: Float.self)
        spreadItems(count, cost: 64) { filters in
            for filter in filters {
                var half = InlineArray<12, Float>(repeating: 0)
                for column in 0..<3 {
                    let (a, b, c) = unsafe (
                        weights[filter * 9 + column], weights[filter * 9 + 3 + column], weights[filter * 9 + 6 + column]
                    )
                    (half[column], half[9 + column]) = (a, c)
                    (half[3 + column], half[6 + column]) = ((a + c) * 0.5 + b * 0.5, (a + c) * 0.5 - b * 0.5)
                }
                for row in 0..<4 {
                    let (a, b, c) = (half[row * 3], half[row * 3 + 1], half[row * 3 + 2])
                    let out = unsafe rows + row * 4 * count + filter
                    unsafe (out[0], out[3 * count]) = (a, c)
                    unsafe (out[count], out[2 * count]) = ((a + c) * 0.5 + b * 0.5, (a + c) * 0.5 - b * 0.5)
                }
            }
        }
        for place in 0..<16 {
            unsafe packPairs(rows: rows + place * count, n, channels, into: packed + place * position)
        }
    }

    /// Convolves `N H W C` images with transformed weights; bias and residual run along channels.
    ///
    /// The residual must not overlap the output. Pixels of the output lie `stride` numbers apart, or as many as they
    /// have channels.
    package func winogradConvolution(
        _ shape: ConvolutionShape, _ tile: WinogradTile, _ input: ImageNumbers, packed weights: UnsafeRawPointer,
        into output: ImageTarget, epilogue: Epilogue = Epilogue(), stride: Int? = nil
    ) {
        guard shape.batch > 0, shape.outputHeight > 0, shape.outputWidth > 0 else { return }
        // SAFETY: the caller gives memory of packWinograd's layout and images of the shape's sizes.
        let filter = unsafe weights.assumingMemoryBound(to: Float.self)
        let tiles = tile.count(over: shape.outputWidth) * tile.count(over: shape.outputHeight)
        let step = winogradStep(shape, tile, tiles)
        let blocks = (tiles + step - 1) / step
        let body = unsafe WinogradBlock(
            shape: shape, tile: tile, kernels: self, weights: filter, panelCount: winogradPanelCount(shape, tile),
            step: step,
            outputStride: stride ?? shape.outputChannels)
        if pool.threadCount == 1 || shape.batch * blocks >= 2 * pool.threadCount {
            pool.run(partCount: shape.batch * blocks) { part in
                let (image, block) = part.quotientAndRemainder(dividingBy: blocks)
                let range = block * tiles / blocks..<(block + 1) * tiles / blocks
                unsafe body.compute(image, range, input, output, epilogue)
            }
            return
        }
        for image in 0..<shape.batch {
            for block in 0..<blocks {
                let range = block * tiles / blocks..<(block + 1) * tiles / blocks
                unsafe body.computeTogether(image, range, input, output, epilogue)
            }
        }
    }

    /// The tiles whose transforms stay in the second level of cache together, or enough for the products.
    private func winogradStep(_ shape: ConvolutionShape, _ tile: WinogradTile, _ tiles: Int) -> Int {
        let fitting = (512 << 10) / (tile.positions * 4 * (shape.inputChannels + shape.outputChannels))
        return Swift.min(tiles, Swift.max(24, fitting / 24 * 24))
    }
}

/// Tiles that are transformed, multiplied and transformed back together.
@safe
private struct WinogradBlock {
    let shape: ConvolutionShape
    let tile: WinogradTile
    let kernels: Kernels
    let weights: UnsafePointer<Float>
    let panelCount: Int
    let step: Int
    let outputStride: Int

    /// The floats between positions: apart from whole pages, whose lines would share places in the cache.
    private func stride(_ count: Int) -> Int { step * count + 16 }

    /// One thread does all.
    @unsafe
    func compute(
        _ image: Int, _ tiles: Range<Int>, _ input: ImageNumbers, _ output: ImageTarget, _ epilogue: Epilogue
    ) {
        guard var task = unsafe makeTask(image, input, output, epilogue) else { return }
        unsafe transform(&task, tiles, first: tiles.lowerBound, input.precision)
        unsafe multiply(task, count: tiles.count, positions: 0..<tile.positions)
        unsafe finish(&task, tiles, first: tiles.lowerBound)
    }

    /// All threads share each step.
    @unsafe
    func computeTogether(
        _ image: Int, _ tiles: Range<Int>, _ input: ImageNumbers, _ output: ImageTarget, _ epilogue: Epilogue
    ) {
        guard let task = unsafe makeTask(image, input, output, epilogue) else { return }
        let parts = Swift.min(tiles.count, kernels.pool.threadCount * 2)
        func part(_ index: Int) -> Range<Int> {
            let start = tiles.lowerBound
            return start + index * tiles.count / parts..<start + (index + 1) * tiles.count / parts
        }
        kernels.pool.run(partCount: parts) { index in
            var own = unsafe task
            unsafe transform(&own, part(index), first: tiles.lowerBound, input.precision)
        }
        let run = tile == .two ? 2 : 3
        kernels.pool.run(partCount: tile.positions / run) { index in
            unsafe multiply(task, count: tiles.count, positions: index * run..<(index + 1) * run)
        }
        kernels.pool.run(partCount: parts) { index in
            var own = unsafe task
            unsafe finish(&own, part(index), first: tiles.lowerBound)
        }
    }

    @unsafe
    private func makeTask(
        _ image: Int, _ input: ImageNumbers, _ output: ImageTarget, _ epilogue: Epilogue
    ) -> apus_winograd_task? {
        let pixels = shape.outputHeight * shape.outputWidth
        guard let left = unsafe scratch(.left, byteCount: tile.positions * stride(shape.inputChannels) * 4),
            let product = unsafe scratch(.product, byteCount: tile.positions * stride(shape.outputChannels) * 4)
        else { return nil }
        let bounds = epilogue.activation.bounds
        var task = unsafe apus_winograd_task()
        unsafe task.x = input.advanced(by: image * shape.inputHeight * shape.inputWidth * shape.inputChannels).base
        unsafe task.v_is_bf16 = input.precision == .bf16 && kernels.readsPairs(shape, tile) ? 1 : 0
        unsafe task.height = shape.inputHeight
        unsafe task.width = shape.inputWidth
        unsafe task.pad_top = shape.padTop
        unsafe task.pad_left = shape.padLeft
        unsafe task.channels = shape.inputChannels
        unsafe task.tiles_wide = tile.count(over: shape.outputWidth)
        unsafe task.v = left
        unsafe task.m = UnsafePointer(product.assumingMemoryBound(to: Float.self))
        unsafe task.columns = shape.outputChannels
        unsafe task.output_height = shape.outputHeight
        unsafe task.output_width = shape.outputWidth
        unsafe task.bias = epilogue.bias
        unsafe task.residual = epilogue.residual(from: image * pixels * shape.outputChannels)
        unsafe task.residual_is_bf16 = epilogue.residualIsRounded
        unsafe task.low = bounds.lowerBound
        unsafe task.high = bounds.upperBound
        unsafe task.y = output.advanced(by: image * pixels * outputStride).base
        unsafe task.y_is_bf16 = output.isRounded
        unsafe task.y_stride = outputStride
        if !epilogue.activation.isClamp, let unary = epilogue.activation.unary {
            unsafe task.activation = kernels.kernel(unary.function)
            unsafe task.alpha = unary.alpha
            unsafe task.beta = unary.beta
        }
        return unsafe task
    }

    @unsafe
    private func transform(
        _ task: inout apus_winograd_task, _ tiles: Range<Int>, first: Int, _ precision: Precision
    ) {
        unsafe task.tile = tiles.lowerBound
        unsafe task.tiles = tiles.count
        unsafe task.stride = stride(shape.inputChannels)
        let whole = unsafe task.v
        let byteWidth = unsafe task.v_is_bf16 == 0 ? 4 : 2
        unsafe task.v = whole.map { unsafe $0 + (tiles.lowerBound - first) * shape.inputChannels * byteWidth }
        let table = unsafe kernels.table
        switch (tile, precision) {
        case (.two, .f32): unsafe table.pointee.f32_winograd2_input?(&task)
        case (.four, .f32): unsafe table.pointee.f32_winograd4_input?(&task)
        case (.two, .bf16): unsafe table.pointee.bf16_winograd2_input?(&task)
        case (.four, .bf16): unsafe table.pointee.bf16_winograd4_input?(&task)
        }
        unsafe task.v = whole
    }

    @unsafe
    private func finish(_ task: inout apus_winograd_task, _ tiles: Range<Int>, first: Int) {
        unsafe task.tile = tiles.lowerBound
        unsafe task.tiles = tiles.count
        unsafe task.stride = stride(shape.outputChannels)
        let whole = unsafe task.m
        unsafe task.m = whole.map { unsafe $0 + (tiles.lowerBound - first) * shape.outputChannels }
        let table = unsafe kernels.table
        switch (tile, unsafe task.y_is_bf16 != 0) {
        case (.two, false): unsafe table.pointee.f32_winograd2_output?(&task)
        case (.four, false): unsafe table.pointee.f32_winograd4_output?(&task)
        case (.two, true): unsafe table.pointee.bf16_winograd2_output?(&task)
        case (.four, true): unsafe table.pointee.bf16_winograd4_output?(&task)
        }
        unsafe task.m = whole
    }

    /// The products over channels at some positions.
    @unsafe
    private func multiply(_ whole: apus_winograd_task, count: Int, positions: Range<Int>) {
        let isPaired = kernels.readsPairs(shape, tile)
        let channels = shape.inputChannels / (isPaired ? 2 : 1)
        let kernel = unsafe isPaired ? kernels.table.pointee.bf16_indirect : kernels.table.pointee.f32_indirect
        guard let v = unsafe whole.v, let m = unsafe whole.m else { return }
        let chunk = 96
        let tableBytes = unsafe chunk * MemoryLayout<UnsafePointer<Float>>.stride
        guard let memory = unsafe scratch(.pointers, byteCount: tableBytes) else { return }
        var task = unsafe apus_indirect_task()
        unsafe task.table = memory.assumingMemoryBound(to: UnsafePointer<Float>?.self)
        unsafe task.chunk = chunk
        unsafe task.ahead = 64 * 3 * kernels.lanes
        unsafe task.height = 1
        unsafe task.width = count
        unsafe task.x_stride = channels
        unsafe task.channels = channels
        unsafe task.output_width = count
        unsafe (task.kernel_height, task.kernel_width) = (1, 1)
        unsafe (task.stride_height, task.stride_width) = (1, 1)
        unsafe (task.dilation_height, task.dilation_width) = (1, 1)
        unsafe task.pixels = count
        unsafe task.taps = 1
        unsafe task.columns = shape.outputChannels
        unsafe task.y_stride = shape.outputChannels
        unsafe (task.low, task.high) = (-.infinity, .infinity)
        unsafe (task.is_first, task.is_last) = (1, 1)
        for position in positions {
            let isRounded = unsafe whole.v_is_bf16 != 0
            let tiles = unsafe (v + position * stride(shape.inputChannels) * (isRounded ? 2 : 4))
                .assumingMemoryBound(to: Float.self)
            if isPaired, !isRounded {
                // Words lie where the numbers they are rounded from lay, never ahead of them.
                unsafe kernels.table.pointee.bf16_round?(
                    count * shape.inputChannels, tiles,
                    UnsafeMutableRawPointer(tiles).assumingMemoryBound(to: UInt16.self))
            }
            unsafe task.x = UnsafePointer(tiles)
            unsafe task.weights = weights + position * panelCount
            unsafe task.y = UnsafeMutableRawPointer(mutating: m + position * stride(shape.outputChannels))
            unsafe kernel?(&task)
        }
    }
}
