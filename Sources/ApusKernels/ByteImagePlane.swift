// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The rows a window reads of one channels-last image of bytes: the image itself, or a padded copy of it.
struct ByteImagePlane {
    let height: Int
    let width: Int
    let isCopied: Bool
    private let shape: PoolingShape
    private let channels: Int

    init(_ shape: PoolingShape, channels: Int, needsSlack: Bool) {
        self.shape = shape
        self.channels = channels
        let neededHeight =
            (shape.outputHeight - 1) * shape.strideHeight + (shape.kernelHeight - 1) * shape.dilationHeight + 1
        let neededWidth =
            (shape.outputWidth - 1) * shape.strideWidth + (shape.kernelWidth - 1) * shape.dilationWidth + 1
        isCopied =
            needsSlack || shape.padTop > 0 || shape.padLeft > 0 || neededHeight > shape.inputHeight
            || neededWidth > shape.inputWidth
        height = isCopied ? neededHeight : shape.inputHeight
        width = isCopied ? neededWidth : shape.inputWidth
    }

    /// The bytes of a row.
    var rowSize: Int { width * channels }

    /// The padded copy of an image, in the calling thread's memory, or the image; nil without memory for it.
    @unsafe
    func rows(of image: UnsafePointer<UInt8>, fill: UInt8, _ kernels: Kernels) -> UnsafePointer<UInt8>? {
        guard isCopied else { return unsafe image }
        guard let memory = unsafe scratch(.plane, byteCount: height * rowSize + 64) else { return nil }
        let target = unsafe memory.assumingMemoryBound(to: UInt8.self)
        let left = Swift.min(width, shape.padLeft) * channels
        let middle = Swift.max(0, Swift.min(width - shape.padLeft, shape.inputWidth)) * channels
        kernels.spreadItems(height, cost: rowSize / 16) { rows in
            for row in rows {
                let line = unsafe target + row * rowSize
                let source = row - shape.padTop
                guard source >= 0, source < shape.inputHeight else {
                    unsafe line.initialize(repeating: fill, count: rowSize)
                    continue
                }
                // SAFETY: the parts of a line add up to its size, and the row lies inside the image.
                unsafe line.initialize(repeating: fill, count: left)
                unsafe (line + left).initialize(from: image + source * shape.inputWidth * channels, count: middle)
                unsafe (line + left + middle).initialize(repeating: fill, count: rowSize - left - middle)
            }
        }
        return unsafe UnsafePointer(target)
    }
}

extension PoolingShape {
    /// The window of a convolution, over one plane.
    package init(_ shape: ConvolutionShape) {
        self.init(
            planes: 1, inputHeight: shape.inputHeight, inputWidth: shape.inputWidth, outputHeight: shape.outputHeight,
            outputWidth: shape.outputWidth, kernelHeight: shape.kernelHeight, kernelWidth: shape.kernelWidth)
        (strideHeight, strideWidth) = (shape.strideHeight, shape.strideWidth)
        (dilationHeight, dilationWidth) = (shape.dilationHeight, shape.dilationWidth)
        (padTop, padLeft, padBottom, padRight) = (shape.padTop, shape.padLeft, shape.padBottom, shape.padRight)
    }
}
