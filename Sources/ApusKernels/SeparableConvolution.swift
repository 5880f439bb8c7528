// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// A depthwise convolution over images `N H W C` with a 1 x 1 convolution before it, after it, or both.
///
/// It is computed in strips of rows that stay in the second level of cache, so that the images between, which are often
/// six times as large as those around them, never reach memory.
package struct SeparableConvolution: Sendable, Hashable {
    /// The depthwise convolution; its images are those between.
    package var window: ConvolutionShape
    /// The channels of the images read, where a 1 x 1 convolution expands them first.
    package var expandedFrom: Int?
    /// The channels of the images made, where a 1 x 1 convolution comes last.
    package var projectedTo: Int?

    /// Describes one; at least one of the two outer convolutions should be there.
    package init(window: ConvolutionShape, expandedFrom: Int?, projectedTo: Int?) {
        self.window = window
        self.expandedFrom = expandedFrom
        self.projectedTo = projectedTo
    }

    /// The 1 x 1 convolution before the depthwise one.
    package var expansion: ConvolutionShape? {
        expandedFrom.map { depth in
            var shape = ConvolutionShape(
                inputChannels: depth, inputHeight: window.inputHeight, inputWidth: window.inputWidth,
                outputChannels: window.inputChannels, kernelHeight: 1, kernelWidth: 1)
            shape.batch = window.batch
            return shape
        }
    }

    /// The 1 x 1 convolution after the depthwise one.
    package var projection: ConvolutionShape? {
        projectedTo.map { channels in
            var shape = ConvolutionShape(
                inputChannels: window.outputChannels, inputHeight: window.outputHeight,
                inputWidth: window.outputWidth, outputChannels: channels, kernelHeight: 1, kernelWidth: 1)
            shape.batch = window.batch
            return shape
        }
    }

    /// Packed weights and what is done to the result of one of the convolutions.
    @safe
    package struct Stage {
        package let weights: UnsafeRawPointer
        package let epilogue: Epilogue
        package let precision: Precision

        /// Pointers are vouched for by the caller.
        @unsafe
        package init(weights: UnsafeRawPointer, epilogue: Epilogue, precision: Precision = .f32) {
            unsafe self.weights = weights
            self.epilogue = epilogue
            self.precision = precision
        }

        /// What the images between hold after this stage: what is rounded anyway is rounded when it is stored.
        var keptPrecision: Precision { epilogue.activation.isFinished ? precision : .f32 }
    }

    /// Rows of the images between that `rows` of the result read.
    func rowsRead(_ rows: Range<Int>) -> Range<Int> {
        let reach = (window.kernelHeight - 1) * window.dilationHeight + 1
        let first = rows.lowerBound * window.strideHeight - window.padTop
        let last = (rows.upperBound - 1) * window.strideHeight - window.padTop + reach
        let start = Swift.min(Swift.max(0, first), window.inputHeight)
        return start..<Swift.max(start, Swift.min(window.inputHeight, last))
    }

    /// The floats of one row between, before and after the depthwise convolution.
    var rowCounts: (before: Int, after: Int) {
        (window.inputWidth * window.inputChannels, window.outputWidth * window.outputChannels)
    }

    /// The bytes of the images between that strips keep from memory.
    package var savedByteCount: Int {
        let (before, after) = rowCounts
        return 4
            * ((expandedFrom == nil ? 0 : before * window.inputHeight)
                + (projectedTo == nil ? 0 : after * window.outputHeight))
    }

    /// The rows of the result in one strip of numbers of some bytes.
    func stripRows(byteWidth: Int) -> Int {
        let (before, after) = rowCounts
        let reach = (window.kernelHeight - 1) * window.dilationHeight + 1
        let fixed = Swift.max(0, reach - window.strideHeight) * before
        let each = window.strideHeight * before + after
        let fitting = ((384 << 10) / byteWidth - fixed) / Swift.max(1, each)
        let least = (24 + window.outputWidth - 1) / Swift.max(1, window.outputWidth)
        return Swift.min(Swift.max(fitting, least), Swift.max(1, window.outputHeight))
    }
}

extension Kernels {
    /// Whether strips are expected to take less time than one convolution after the other.
    package func prefersStrips(_ shape: SeparableConvolution) -> Bool {
        shape.window.isPlainDepthwise && shape.savedByteCount > 512 << 10
    }

    /// Convolves `N H W C` images; the last stage's residual must not overlap the output.
    package func separableConvolution(
        _ shape: SeparableConvolution, _ input: ImageNumbers, expand: SeparableConvolution.Stage?,
        window: SeparableConvolution.Stage, project: SeparableConvolution.Stage?, into output: ImageTarget
    ) {
        let height = shape.window.outputHeight
        guard shape.window.batch > 0, shape.window.outputChannels > 0, height > 0, shape.window.outputWidth > 0 else {
            return
        }
        // SAFETY: the caller gives images and packed weights of the shape's sizes.
        let work = unsafe SeparableWork(
            shape: shape, kernels: self, input: input, output: output,
            expand: expand.flatMap { stage in unsafe convolution(shape.expansion, stage) }, window: window,
            project: project.flatMap { stage in unsafe convolution(shape.projection, stage) },
            expanded: expand?.keptPrecision ?? .f32,
            filtered: window.epilogue.activation.isFinished && shape.window.outputChannels % 2 == 0
                ? project?.precision ?? .f32 : .f32)
        let wanted = (pool.threadCount + shape.window.batch - 1) / shape.window.batch
        let parts = pool.threadCount == 1 ? 1 : Swift.max(1, Swift.min(wanted, height / 2))
        pool.run(partCount: shape.window.batch * parts) { index in
            let (image, part) = index.quotientAndRemainder(dividingBy: parts)
            unsafe work.compute(image, part * height / parts..<(part + 1) * height / parts)
        }
    }

    @unsafe
    private func convolution(_ shape: ConvolutionShape?, _ stage: SeparableConvolution.Stage) -> IndirectConvolution? {
        guard let shape else { return nil }
        let weights = unsafe stage.weights.assumingMemoryBound(to: Float.self)
        let kernels = multiplying(stage.precision)
        return unsafe IndirectConvolution(
            shape, kernels, weights, groupCount: kernels.packedImageGroupCount(shape), stage.epilogue)
    }
}

/// One separable convolution at work.
@safe
private struct SeparableWork {
    let shape: SeparableConvolution
    let kernels: Kernels
    let input: ImageNumbers
    let output: ImageTarget
    let expand: IndirectConvolution?
    let window: SeparableConvolution.Stage
    let project: IndirectConvolution?
    /// What the images after the expansion and after the window hold.
    let (expanded, filtered): (Precision, Precision)

    @unsafe
    init(
        shape: SeparableConvolution, kernels: Kernels, input: ImageNumbers, output: ImageTarget,
        expand: IndirectConvolution?, window: SeparableConvolution.Stage, project: IndirectConvolution?,
        expanded: Precision, filtered: Precision
    ) {
        self.shape = shape
        self.kernels = kernels
        self.input = input
        self.output = output
        self.expand = expand
        self.window = window
        self.project = project
        (self.expanded, self.filtered) = (expanded, filtered)
    }

    /// Some rows of one image, on the calling thread.
    @unsafe
    func compute(_ image: Int, _ rows: Range<Int>) {
        let (before, after) = shape.rowCounts
        let depth = shape.expandedFrom ?? shape.window.inputChannels
        let channels = shape.projectedTo ?? shape.window.outputChannels
        let source = unsafe input.advanced(by: image * shape.window.inputHeight * shape.window.inputWidth * depth)
        let target = unsafe output.advanced(
            by: image * shape.window.outputHeight * shape.window.outputWidth * channels)
        let byteWidth = Swift.max(expand == nil ? 0 : expanded.byteWidth, project == nil ? 0 : filtered.byteWidth)
        let step = Swift.min(shape.stripRows(byteWidth: Swift.max(2, byteWidth)), rows.count)
        let reach =
            (step - 1) * shape.window.strideHeight
            + (shape.window.kernelHeight - 1) * shape.window.dilationHeight + 1
        let (leftBytes, rightBytes) = (reach * before * self.expanded.byteWidth, step * after * self.filtered.byteWidth)
        guard let left = unsafe scratch(.left, byteCount: expand == nil ? 64 : leftBytes),
            let right = unsafe scratch(.product, byteCount: project == nil ? 64 : rightBytes)
        else { return }
        let expanded = unsafe ImageTarget(left, self.expanded)
        let filtered = unsafe ImageTarget(right, self.filtered)
        var held = 0..<0
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
            let strip = first..<Swift.min(first + step, rows.upperBound)
            var x = source
            if let expand {
                let needed = shape.rowsRead(strip)
                let kept = held.clamped(to: needed)
                if !kept.isEmpty, kept.lowerBound == needed.lowerBound, needed.lowerBound > held.lowerBound {
                    let from = unsafe expanded.advanced(by: (kept.lowerBound - held.lowerBound) * before)
                    unsafe expanded.base.copyMemory(
                        from: from.base, byteCount: kept.count * before * self.expanded.byteWidth)
                }
                let start = kept.isEmpty || kept.lowerBound != needed.lowerBound ? needed.lowerBound : kept.upperBound
                let base = unsafe expanded.advanced(by: -needed.lowerBound * before)
                let width = shape.window.inputWidth
                unsafe expand.compute(start * width..<needed.upperBound * width, of: source, image: image, into: base)
                held = needed
                unsafe x = base.numbers
            }
            let y = project == nil ? target : unsafe filtered.advanced(by: -strip.lowerBound * after)
            unsafe kernels.depthwise(
                shape.window, strip, of: x, weights: window.weights, window.epilogue, image: image, into: y,
                stride: shape.window.outputChannels)
            if let project {
                let width = shape.window.outputWidth
                unsafe project.compute(
                    strip.lowerBound * width..<strip.upperBound * width, of: y.numbers, image: image,
                    into: target)
            }
        }
    }
}
