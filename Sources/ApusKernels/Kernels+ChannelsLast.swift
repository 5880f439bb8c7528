// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// Convolutions over images `N H W C`, whose channels lie together.
extension Kernels {
    /// The bytes ``packChannelsLast(_:weights:into:)`` writes; independent of batch and image size.
    package func packedChannelsLastByteCount(_ shape: ConvolutionShape) -> Int {
        shape.isPlainDepthwise
            ? shape.kernelHeight * shape.kernelWidth * wholeVectors(shape.outputChannels) * 4
            : shape.outputChannels / shape.groups == 0 ? 0 : shape.groups * packedImageGroupCount(shape) * 4
    }

    /// The floats, or words of two bf16, one group's packed weights take.
    func packedImageGroupCount(_ shape: ConvolutionShape) -> Int {
        wholeVectors(shape.outputChannels / shape.groups) * (readsPairs(shape) ? shape.pairedDepth / 2 : shape.depth)
    }

    /// The least number of floats in whole vectors that holds `count`.
    private func wholeVectors(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

    /// Rearranges weights `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]` for
    /// ``channelsLastConvolution(_:_:packed:into:epilogue:)``.
    package func packChannelsLast(
        _ shape: ConvolutionShape, weights: UnsafePointer<Float>, into packed: UnsafeMutableRawPointer
    ) {
        // SAFETY: the caller gives packedChannelsLastByteCount bytes and weights of the shape's sizes.
        let target = unsafe packed.assumingMemoryBound(to: Float.self)
        let (channels, taps) = (shape.inputChannels / shape.groups, shape.kernelHeight * shape.kernelWidth)
        if shape.isPlainDepthwise {
            let stride = wholeVectors(shape.outputChannels)
            unsafe target.update(repeating: 0, count: taps * stride)
            for channel in 0..<shape.outputChannels {
                for tap in 0..<taps { unsafe target[tap * stride + channel] = unsafe weights[channel * taps + tap] }
            }
            return
        }
        let n = shape.outputChannels / shape.groups
        for group in 0..<shape.groups {
            let source = unsafe weights + group * n * shape.depth
            let out = unsafe target + group * packedImageGroupCount(shape)
            if readsPairs(shape) {
                unsafe packPairs(shape, weights: source, into: out)
                continue
            }
            spreadPanels(n, cost: shape.depth) { columns in
                unsafe table.pointee.f32_indirect_pack?(
                    columns.count, channels, taps, source + columns.lowerBound * shape.depth,
                    out + columns.lowerBound * shape.depth)
            }
        }
    }

    /// Packs one group's weights as words of two channels each.
    @unsafe
    private func packPairs(
        _ shape: ConvolutionShape, weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>
    ) {
        let (channels, width) = (shape.inputChannels / shape.groups, shape.kernelWidth)
        let (n, depth) = (shape.outputChannels / shape.groups, shape.pairedDepth)
        guard let memory = unsafe scratch(.left, byteCount: n * depth * 4) else { return }
        // SAFETY: the memory holds a number for each weight of the group.
        let rows = unsafe memory.assumingMemoryBound(to: Float.self)
        unsafe rows.update(repeating: 0, count: n * depth)
        let line = depth / shape.kernelHeight
        for row in 0..<n {
            for channel in 0..<channels {
                for tap in 0..<shape.kernelHeight * width {
                    let place = tap / width * line + tap % width * channels + channel
                    unsafe rows[row * depth + place] =
                        unsafe weights[(row * channels + channel) * shape.kernelHeight * width + tap]
                }
            }
        }
        unsafe packPairs(rows: rows, n, depth, into: packed)
    }

    /// Rounds rows of weights and packs them as words of two neighbours each.
    @unsafe
    func packPairs(
        rows: UnsafePointer<Float>, _ n: Int, _ depth: Int, into packed: UnsafeMutablePointer<Float>
    ) {
        guard let memory = unsafe scratch(.pairs, byteCount: n * depth * 2) else { return }
        // SAFETY: the caller gives n rows of the depth and room for as many packed ones.
        unsafe round(count: n * depth, rows, into: memory.assumingMemoryBound(to: UInt16.self))
        unsafe table.pointee.f32_indirect_pack?(
            n, depth / 2, 1, memory.assumingMemoryBound(to: Float.self), packed)
    }

    /// Spreads the panels of packed weights over the pool; gives the columns of some of them.
    func spreadPanels(_ columns: Int, cost: Int, _ body: (Range<Int>) -> Void) {
        let step = IndirectConvolution.panel * lanes
        // The last panel may be one vector wider than the others.
        let panels = Swift.max(1, (columns - lanes + step - 1) / step)
        spreadItems(panels, cost: step * cost) { part in
            guard columns > 0 else { return }
            body(part.lowerBound * step..<(part.upperBound == panels ? columns : part.upperBound * step))
        }
    }

    /// Convolves `N H W C` images with packed weights; bias and residual run along channels.
    ///
    /// The residual must not overlap the output. The images may be `N C H W` where the window reads runs of them.
    /// With `factors`, a number for each channel of each image, a 1 x 1 convolution of one group is of images
    /// multiplied by them: its weights are, which are fewer, unless the images are rounded anyway. Pixels of the output
    /// lie `stride` numbers apart, or as many as they have channels.
    ///
    /// Images of bf16 are read where ``readsRounded(_:)`` says so; a result of bf16 can be had where the activation is
    /// finished by the kernels.
    package func channelsLastConvolution(
        _ shape: ConvolutionShape, _ input: ImageNumbers, packed weights: UnsafeRawPointer,
        into output: ImageTarget, epilogue: Epilogue = Epilogue(), isPlanar: Bool = false,
        factors: UnsafePointer<Float>? = nil, stride: Int? = nil
    ) {
        if let factors = unsafe factors, !readsPairs(shape) {
            let pixels = stride ?? shape.outputChannels
            return unsafe scaledConvolution(shape, input, weights, factors, output, epilogue, stride: pixels)
        }
        guard shape.batch > 0, shape.outputChannels > 0, shape.outputHeight > 0, shape.outputWidth > 0 else { return }
        // SAFETY: the caller gives memory of packChannelsLast's layout and images of the shape's sizes.
        let filter = unsafe weights.assumingMemoryBound(to: Float.self)
        if shape.isPlainDepthwise {
            unsafe channelsLastDepthwise(
                shape, input, filter, output, epilogue, stride: stride ?? shape.outputChannels)
        } else {
            let convolution = unsafe IndirectConvolution(
                shape, self, filter, groupCount: packedImageGroupCount(shape), epilogue, isPlanar: isPlanar,
                outputStride: stride)
            unsafe convolution.compute(input, output, factors: factors)
        }
    }

    /// Whether images of bf16 are read as they are: channel by channel, or in pairs that lie together.
    package func readsRounded(_ shape: ConvolutionShape) -> Bool {
        shape.isPlainDepthwise || readsPairs(shape) && !shape.readsRuns
    }

    /// One image after the other, as the weights of each differ.
    @unsafe
    private func scaledConvolution(
        _ shape: ConvolutionShape, _ input: ImageNumbers, _ weights: UnsafeRawPointer,
        _ factors: UnsafePointer<Float>, _ output: ImageTarget, _ epilogue: Epilogue, stride: Int
    ) {
        let channels = shape.inputChannels
        let pixels = shape.outputHeight * shape.outputWidth
        var single = shape
        single.batch = 1
        guard let memory = unsafe scratch(.factors, byteCount: packedImageGroupCount(shape) * 4) else { return }
        let scaled = unsafe memory.assumingMemoryBound(to: Float.self)
        for image in 0..<shape.batch {
            // SAFETY: factors hold a number for each channel of each image.
            unsafe table.pointee.f32_indirect_scale?(
                shape.outputChannels, channels, factors + image * channels,
                weights.assumingMemoryBound(to: Float.self), scaled)
            unsafe channelsLastConvolution(
                single, input.advanced(by: image * shape.inputHeight * shape.inputWidth * channels), packed: scaled,
                into: output.advanced(by: image * pixels * stride),
                epilogue: epilogue.advanced(by: image * pixels * shape.outputChannels), stride: stride)
        }
    }

    @unsafe
    private func channelsLastDepthwise(
        _ shape: ConvolutionShape, _ input: ImageNumbers, _ weights: UnsafeRawPointer, _ output: ImageTarget,
        _ epilogue: Epilogue, stride: Int
    ) {
        let channels = shape.outputChannels
        let (height, rowCount) = (shape.outputHeight, shape.outputWidth * channels)
        let cost = rowCount * shape.kernelHeight * shape.kernelWidth
        spreadItems(shape.batch * height, cost: cost) { lines in
            for image in lines.lowerBound / height...(lines.upperBound - 1) / height {
                let rows = lines.clamped(to: image * height..<(image + 1) * height)
                guard !rows.isEmpty else { continue }
                let source = unsafe input.advanced(by: image * shape.inputHeight * shape.inputWidth * channels)
                let start = image * height * shape.outputWidth * stride
                let own = rows.lowerBound - image * height..<rows.upperBound - image * height
                unsafe depthwise(
                    shape, own, of: source, weights: weights, epilogue, image: image,
                    into: output.advanced(by: start), stride: stride)
            }
        }
    }

    /// Computes some rows of one image on the calling thread.
    @unsafe
    func depthwise(
        _ shape: ConvolutionShape, _ rows: Range<Int>, of image: ImageNumbers, weights: UnsafeRawPointer,
        _ epilogue: Epilogue, image index: Int, into output: ImageTarget, stride: Int
    ) {
        guard !rows.isEmpty,
            let memory = unsafe scratch(.zeros, byteCount: shape.outputChannels * 4)
        else { return }
        let zeros = unsafe memory.assumingMemoryBound(to: Float.self)
        unsafe zeros.update(repeating: 0, count: shape.outputChannels)
        let rowCount = shape.outputWidth * shape.outputChannels
        let bounds = epilogue.activation.bounds
        var task = unsafe shape.channels(image.base)
        unsafe task.zeros = UnsafeRawPointer(zeros)
        unsafe task.weights = weights.assumingMemoryBound(to: Float.self)
        unsafe task.weight_stride = wholeVectors(shape.outputChannels)
        unsafe task.bias = epilogue.bias
        unsafe task.residual = epilogue.residual(from: index * shape.outputHeight * rowCount)
        unsafe task.residual_is_bf16 = epilogue.residualIsRounded
        unsafe task.low = bounds.lowerBound
        unsafe task.high = bounds.upperBound
        unsafe task.y = output.base
        unsafe task.y_is_bf16 = output.isRounded
        unsafe task.y_stride = stride
        unsafe task.curve = epilogue.activation.curve
        unsafe task.row = rows.lowerBound
        unsafe task.rows = rows.count
        let isRounded = image.precision == .bf16
        unsafe (isRounded ? table.pointee.bf16_channel_depthwise : table.pointee.f32_channel_depthwise)?(&task)
        if !epilogue.activation.isFinished {
            let target = unsafe output.floats + rows.lowerBound * shape.outputWidth * stride
            let pixels = rows.count * shape.outputWidth
            unsafe activate(epilogue.activation, pixels, shape.outputChannels, target, stride: stride)
        }
    }

    /// Applies an activation to the channels of pixels that lie `stride` floats apart.
    @unsafe
    func activate(
        _ activation: Activation, _ pixels: Int, _ channels: Int, _ y: UnsafeMutablePointer<Float>, stride: Int
    ) {
        if channels == stride { return unsafe activate(activation, pixels * channels, y, y) }
        for pixel in 0..<pixels {
            let target = unsafe y + pixel * stride
            unsafe activate(activation, channels, target, target)
        }
    }
}

extension ConvolutionShape {
    /// Whether each output channel reads the input channel of its number.
    var isPlainDepthwise: Bool { isDepthwise && outputChannels == inputChannels }

    /// The windows over one image with channels last; weights, bounds and target are the caller's to fill in.
    @unsafe
    fileprivate func channels(_ image: UnsafeRawPointer) -> apus_channel_task {
        var task = unsafe apus_channel_task()
        unsafe task.x = image
        unsafe task.channels = inputChannels
        unsafe task.x_stride = inputChannels
        unsafe task.height = inputHeight
        unsafe task.width = inputWidth
        unsafe task.output_width = outputWidth
        unsafe task.kernel_height = kernelHeight
        unsafe task.kernel_width = kernelWidth
        unsafe task.stride_height = strideHeight
        unsafe task.stride_width = strideWidth
        unsafe task.dilation_height = dilationHeight
        unsafe task.dilation_width = dilationWidth
        unsafe task.pad_top = padTop
        unsafe task.pad_left = padLeft
        unsafe task.residual_stride = inputChannels
        return unsafe task
    }
}
