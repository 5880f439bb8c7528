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

    /// The floats one group's packed weights take.
    func packedImageGroupCount(_ shape: ConvolutionShape) -> Int {
        wholeVectors(shape.outputChannels / shape.groups) * shape.depth
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
        let rows = UnsafeMutableBufferPointer<Float>.allocate(capacity: n * shape.depth)
        defer { unsafe rows.deallocate() }
        for group in 0..<shape.groups {
            for row in 0..<n {
                let source = unsafe weights + (group * n + row) * shape.depth
                for channel in 0..<channels {
                    for tap in 0..<taps {
                        unsafe rows[row * shape.depth + tap * channels + channel] = unsafe source[channel * taps + tap]
                    }
                }
            }
            unsafe table.pointee.f32_indirect_pack?(
                n, shape.depth, rows.baseAddress, target + group * packedImageGroupCount(shape))
        }
    }

    /// Convolves `N H W C` images with packed weights; bias and residual run along channels.
    ///
    /// The residual must not overlap the output. The images may be `N C H W` where the window reads runs of them.
    package func channelsLastConvolution(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, packed weights: UnsafeRawPointer,
        into output: UnsafeMutablePointer<Float>, epilogue: Epilogue = Epilogue(), isPlanar: Bool = false
    ) {
        guard shape.batch > 0, shape.outputChannels > 0, shape.outputHeight > 0, shape.outputWidth > 0 else { return }
        // SAFETY: the caller gives memory of packChannelsLast's layout and images of the shape's sizes.
        let filter = unsafe weights.assumingMemoryBound(to: Float.self)
        if shape.isPlainDepthwise {
            unsafe channelsLastDepthwise(shape, input, filter, output, epilogue)
        } else {
            let convolution = unsafe IndirectConvolution(
                shape, self, filter, groupCount: packedImageGroupCount(shape), epilogue, isPlanar: isPlanar)
            unsafe convolution.compute(input, output)
        }
    }

    @unsafe
    private func channelsLastDepthwise(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafeRawPointer,
        _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue
    ) {
        let channels = shape.outputChannels
        let (height, rowCount) = (shape.outputHeight, shape.outputWidth * channels)
        let cost = rowCount * shape.kernelHeight * shape.kernelWidth
        spreadItems(shape.batch * height, cost: cost) { lines in
            for image in lines.lowerBound / height...(lines.upperBound - 1) / height {
                let rows = lines.clamped(to: image * height..<(image + 1) * height)
                guard !rows.isEmpty else { continue }
                let source = unsafe input + image * shape.inputHeight * shape.inputWidth * channels
                let start = image * height * rowCount
                let own = rows.lowerBound - image * height..<rows.upperBound - image * height
                unsafe depthwise(
                    shape, own, of: source, weights: weights, epilogue, image: image, into: output + start)
            }
        }
    }

    /// Computes some rows of one image on the calling thread.
    @unsafe
    func depthwise(
        _ shape: ConvolutionShape, _ rows: Range<Int>, of image: UnsafePointer<Float>, weights: UnsafeRawPointer,
        _ epilogue: Epilogue, image index: Int, into output: UnsafeMutablePointer<Float>
    ) {
        guard !rows.isEmpty else { return }
        let rowCount = shape.outputWidth * shape.outputChannels
        let bounds = epilogue.activation.bounds
        var task = unsafe shape.channels(image)
        unsafe task.weights = weights.assumingMemoryBound(to: Float.self)
        unsafe task.weight_stride = wholeVectors(shape.outputChannels)
        unsafe task.bias = epilogue.bias
        unsafe task.residual = epilogue.residual.map { unsafe $0 + index * shape.outputHeight * rowCount }
        unsafe task.low = bounds.lowerBound
        unsafe task.high = bounds.upperBound
        unsafe task.y = output
        unsafe task.curve = epilogue.activation.curve
        unsafe task.row = rows.lowerBound
        unsafe task.rows = rows.count
        unsafe table.pointee.f32_channel_depthwise?(&task)
        if !epilogue.activation.isFinished {
            let target = unsafe output + rows.lowerBound * rowCount
            unsafe activate(epilogue.activation, rows.count * rowCount, target, target)
        }
    }
}

extension ConvolutionShape {
    /// Whether each output channel reads the input channel of its number.
    var isPlainDepthwise: Bool { isDepthwise && outputChannels == inputChannels }

    /// The windows over one image with channels last; weights, bounds and target are the caller's to fill in.
    @unsafe
    fileprivate func channels(_ image: UnsafePointer<Float>) -> apus_channel_task {
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
        unsafe task.y_stride = inputChannels
        return unsafe task
    }
}
