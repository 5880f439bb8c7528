// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The bytes ``packConvolution(_:weights:into:)`` writes; independent of batch and image size.
    package func packedConvolutionByteCount(_ shape: ConvolutionShape) -> Int {
        shape.isDepthwise ? shape.outputChannels * shape.depth * 4 : shape.groups * packedGroupCount(shape) * 4
    }

    /// The floats one group's packed weights take.
    private func packedGroupCount(_ shape: ConvolutionShape) -> Int {
        let m = shape.outputChannels / shape.groups
        let panelRows = unsafe MatrixProduct.panelRows(m, table)
        return (m + panelRows - 1) / panelRows * panelRows * shape.depth
    }

    /// Rearranges weights `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]` for the kernels.
    package func packConvolution(
        _ shape: ConvolutionShape, weights: UnsafePointer<Float>, into packed: UnsafeMutableRawPointer
    ) {
        // SAFETY: the caller gives packedConvolutionByteCount bytes.
        let target = unsafe packed.assumingMemoryBound(to: Float.self)
        if shape.isDepthwise {
            unsafe target.update(from: weights, count: shape.outputChannels * shape.depth)
            return
        }
        let m = shape.outputChannels / shape.groups
        let panelRows = unsafe MatrixProduct.panelRows(m, table)
        let (channels, taps) = (shape.inputChannels / shape.groups, shape.kernelHeight * shape.kernelWidth)
        for group in 0..<shape.groups {
            let base = unsafe weights + group * m * shape.depth
            let out = unsafe target + group * packedGroupCount(shape)
            for row in stride(from: 0, to: m, by: panelRows) {
                let height = Swift.min(panelRows, m - row)
                for tap in 0..<taps {
                    var pack = unsafe apus_pack_task(
                        rows: height, k: channels, padded_rows: height, x: base + row * shape.depth + tap,
                        row_stride: shape.depth, step: taps,
                        out: out + row * shape.depth + tap * channels * panelRows, out_step: panelRows)
                    unsafe table.pointee.f32_pack?(&pack)
                }
            }
        }
    }

    /// Convolves `N C H W` images with packed weights; the bias runs along output channels.
    package func convolution(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, packed weights: UnsafeRawPointer,
        into output: UnsafeMutablePointer<Float>, epilogue: Epilogue = Epilogue()
    ) {
        guard shape.batch > 0, shape.outputChannels > 0, shape.outputHeight > 0, shape.outputWidth > 0 else { return }
        // SAFETY: the caller gives memory of packConvolution's layout and images of the shape's sizes.
        let filter = unsafe weights.assumingMemoryBound(to: Float.self)
        var epilogue = epilogue
        epilogue.biasAxis = .row
        if shape.isDepthwise {
            unsafe depthwise(shape, input, filter, output, epilogue)
        } else if shape.outputHeight * shape.outputWidth == 1, shape.isPointwise {
            unsafe projection(shape, input, filter, output, epilogue)
        } else {
            unsafe general(shape, input, filter, output, epilogue)
        }
    }

    @unsafe
    private func general(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
        _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue
    ) {
        let m = shape.outputChannels / shape.groups
        let n = shape.outputHeight * shape.outputWidth
        let channels = shape.inputChannels / shape.groups
        let plane = shape.inputHeight * shape.inputWidth
        let filterCount = packedGroupCount(shape)
        let division = division(m: m, n: n, k: shape.depth, batch: shape.batch * shape.groups)
        pool.run(partCount: shape.batch * shape.groups * division.count) { part in
            let (item, piece) = part.quotientAndRemainder(dividingBy: division.count)
            let group = item % shape.groups
            // SAFETY: items count through batch and groups as the images do.
            let image = unsafe input + item * channels * plane
            var shifted = epilogue.advanced(by: item * m * n)
            unsafe shifted.bias = unsafe epilogue.bias.map { unsafe $0 + group * m }
            let right =
                unsafe shape.isPointwise
                ? MatrixProduct.Right.strided(MatrixOperand(image, rowStride: plane))
                : .patches(shape.patches(image))
            let product = unsafe MatrixProduct(
                m: m, n: n, k: shape.depth, left: .packed(weights + group * filterCount), right: right,
                c: output + item * m * n, rowStride: n, epilogue: shifted)
            unsafe product.compute(rows: division.rows(piece), columns: division.columns(piece), self)
        }
    }

    /// A convolution of single pixels: the packed weights are the right operand of a vector-matrix product.
    @unsafe
    private func projection(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
        _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue
    ) {
        let (m, k) = (shape.outputChannels / shape.groups, shape.depth)
        let panelRows = unsafe MatrixProduct.panelRows(m, table)
        let panels = (m + panelRows - 1) / panelRows
        let filterCount = packedGroupCount(shape)
        spreadItems(shape.batch * shape.groups * panels, cost: panelRows * k) { items in
            for index in items {
                let (item, panel) = index.quotientAndRemainder(dividingBy: panels)
                let row = panel * panelRows
                let channel = item % shape.groups * m + row
                // SAFETY: items count through batch and groups as the vectors do.
                let target = unsafe output + item * m + row
                var task = unsafe apus_f32_gemm_task()
                let bounds = epilogue.activation.bounds
                let height = Swift.min(panelRows, m - row)
                unsafe task.m = 1
                unsafe task.n = height
                unsafe task.k = k
                unsafe task.a = input + item * k
                unsafe task.panel_rows = 1
                unsafe task.a_step = 1
                unsafe task.b = weights + item % shape.groups * filterCount + row * k
                unsafe task.b_step = panelRows
                unsafe task.c = target
                unsafe task.is_first = 1
                unsafe task.is_last = 1
                unsafe task.scale = epilogue.scale
                unsafe task.low = bounds.lowerBound
                unsafe task.high = bounds.upperBound
                unsafe task.column_bias = epilogue.bias.map { unsafe $0 + channel }
                unsafe task.residual = epilogue.residual.map { unsafe $0 + item * m + row }
                unsafe table.pointee.f32_gemm?(&task)
                if !epilogue.activation.isClamp {
                    unsafe activate(epilogue.activation, height, target, target)
                }
            }
        }
    }

    @unsafe
    private func depthwise(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
        _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue
    ) {
        let window = PlaneWindow(shape, lanes: lanes)
        let multiplier = shape.outputChannels / shape.groups
        let taps = shape.kernelHeight * shape.kernelWidth
        let size = shape.outputHeight * shape.outputWidth
        spreadItems(shape.batch * shape.inputChannels, cost: size * multiplier * taps) { planes in
            for plane in planes {
                let source = unsafe input + plane * shape.inputHeight * shape.inputWidth
                for copy in 0..<multiplier {
                    let item = plane * multiplier + copy
                    let channel = plane % shape.inputChannels * multiplier + copy
                    // SAFETY: items count through batch and output channels as the images do.
                    let target = unsafe output + item * size
                    var task = unsafe window.makeTask(source, into: target)
                    let bounds = epilogue.activation.bounds
                    unsafe task.weights = weights + channel * taps
                    unsafe task.scale = epilogue.scale
                    unsafe task.bias = epilogue.bias.map { unsafe $0[channel] } ?? 0
                    unsafe task.low = bounds.lowerBound
                    unsafe task.high = bounds.upperBound
                    unsafe task.residual = epilogue.residual.map { unsafe $0 + item * size }
                    unsafe slide(window, &task, isFirst: copy == 0)
                    if !epilogue.activation.isClamp {
                        unsafe activate(epilogue.activation, size, target, target)
                    }
                }
            }
        }
    }

    /// Convolves one plane, whose padded copy is made for the first filter and kept for the others.
    @unsafe
    func slide(_ window: PlaneWindow, _ task: inout apus_window_task, isFirst: Bool) {
        guard window.isPractical else {
            let count = window.outputHeight * window.outputWidth
            guard let memory = unsafe scratch(.plane, byteCount: count * 4) else { return }
            let sums = unsafe memory.assumingMemoryBound(to: Float.self)
            guard let weights = unsafe task.weights, let source = unsafe task.x else { return }
            unsafe window.convolveDirectly(source, weights, into: sums)
            var one: Float = 1
            // One tap of weight one applies the rest of the task.
            unsafe task.x = UnsafePointer(sums)
            unsafe task.phases = 1
            unsafe (task.kernel_height, task.kernel_width, task.stride_height) = (1, 1, 1)
            unsafe (task.output_height, task.output_width) = (1, count)
            unsafe withUnsafePointer(to: &one) { weight in
                unsafe task.weights = weight
                unsafe table.pointee.f32_depthwise?(&task)
            }
            return
        }
        guard let source = unsafe task.x,
            let plane = unsafe isFirst ? window.fill(source, with: 0, table) : window.filled
        else { return }
        unsafe task.x = plane
        unsafe table.pointee.f32_depthwise?(&task)
    }
}

extension ConvolutionShape {
    /// Whether each output pixel reads the one input pixel at its place.
    var isPointwise: Bool {
        kernelHeight == 1 && kernelWidth == 1 && strideHeight == 1 && strideWidth == 1 && padTop == 0 && padLeft == 0
            && padBottom == 0 && padRight == 0
    }

    @unsafe
    func patches(_ image: UnsafeRawPointer) -> apus_patch_task {
        var task = unsafe apus_patch_task()
        unsafe task.x = image
        unsafe task.channels = inputChannels / groups
        unsafe task.height = inputHeight
        unsafe task.width = inputWidth
        unsafe task.output_width = outputWidth
        unsafe task.kernel_width = kernelWidth
        unsafe task.stride_height = strideHeight
        unsafe task.stride_width = strideWidth
        unsafe task.dilation_height = dilationHeight
        unsafe task.dilation_width = dilationWidth
        unsafe task.pad_top = padTop
        unsafe task.pad_left = padLeft
        return unsafe task
    }
}
