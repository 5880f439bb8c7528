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

    /// The lines of outputs whose rows are copied at once.
    var stripHeight: Int {
        guard isCopied else { return Swift.max(1, shape.outputHeight) }
        let window = (shape.kernelHeight - 1) * shape.dilationHeight + 1
        return Swift.max(4, ((96 << 10) / Swift.max(1, rowSize) - window) / shape.strideHeight + 1)
    }

    /// The padded copy of an image, in the calling thread's memory, or the image; nil without memory for it.
    @unsafe
    func rows(of image: UnsafePointer<UInt8>, fill: UInt8, _ kernels: Kernels) -> UnsafePointer<UInt8>? {
        guard isCopied else { return unsafe image }
        guard let memory = unsafe scratch(.plane, byteCount: height * rowSize + 64) else { return nil }
        let target = unsafe memory.assumingMemoryBound(to: UInt8.self)
        kernels.spreadItems(height, cost: rowSize / 4) { rows in
            // SAFETY: the memory holds every row.
            for row in rows { unsafe copy(row, of: image, fill: fill, to: target + row * rowSize) }
        }
        return unsafe UnsafePointer(target)
    }

    /// The rows that lines of outputs read, from the first of them on; as `rows(of:fill:_:)` otherwise.
    @unsafe
    func strip(_ lines: Range<Int>, of image: UnsafePointer<UInt8>, fill: UInt8) -> UnsafePointer<UInt8>? {
        let first = lines.lowerBound * shape.strideHeight
        guard isCopied else { return unsafe image + first * rowSize }
        let count = (lines.count - 1) * shape.strideHeight + (shape.kernelHeight - 1) * shape.dilationHeight + 1
        guard let memory = unsafe scratch(.plane, byteCount: count * rowSize + 64) else { return nil }
        let target = unsafe memory.assumingMemoryBound(to: UInt8.self)
        // SAFETY: the memory holds the rows of the lines.
        for row in 0..<count { unsafe copy(first + row, of: image, fill: fill, to: target + row * rowSize) }
        return unsafe UnsafePointer(target)
    }

    @unsafe
    private func copy(
        _ row: Int, of image: UnsafePointer<UInt8>, fill: UInt8, to line: UnsafeMutablePointer<UInt8>
    ) {
        let source = row - shape.padTop
        guard source >= 0, source < shape.inputHeight else {
            unsafe line.initialize(repeating: fill, count: rowSize)
            return
        }
        let left = Swift.min(width, shape.padLeft) * channels
        let middle = Swift.max(0, Swift.min(width - shape.padLeft, shape.inputWidth)) * channels
        // SAFETY: the parts of a line add up to its size, and the row lies inside the image.
        unsafe line.initialize(repeating: fill, count: left)
        unsafe (line + left).initialize(from: image + source * shape.inputWidth * channels, count: middle)
        unsafe (line + left + middle).initialize(repeating: fill, count: rowSize - left - middle)
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
