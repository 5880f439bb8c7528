// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// Operands of bf16: neighbours along the depth lie in one word, which takes the place of a float.
extension Kernels {
    /// The words that hold one row of a product's left operand or one column of its right one.
    func words(_ depth: Int) -> Int { precision == .bf16 ? (depth + 1) / 2 : depth }

    /// Rounds factors to bf16; those below the least normal number may become zero, as products take them for.
    func round(count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<UInt16>) {
        let kernel = unsafe table.pointee.bf16_round
        spread(count, grain: 16384) { range in
            // SAFETY: the caller gives count elements.
            unsafe kernel?(range.count, x + range.lowerBound, y + range.lowerBound)
        }
    }

    /// The rows of a matrix as words; nil where there is no memory for them.
    @unsafe
    func pairRows(m: Int, k: Int, _ a: MatrixOperand) -> UnsafePointer<Float>? {
        let width = words(k)
        guard let memory = unsafe scratch(.pairs, byteCount: m * width * 4) else { return nil }
        // SAFETY: the operand has m rows of k numbers, the memory room for as many.
        let target = unsafe memory.assumingMemoryBound(to: UInt16.self)
        if a.columnStride == 1, k == 2 * width, a.rowStride == k || m == 1 {
            unsafe round(count: m * k, a.base, into: target)
        } else {
            spreadItems(m, cost: k) { rows in
                guard let memory = unsafe scratch(.factors, byteCount: k * 4) else { return }
                let line = unsafe memory.assumingMemoryBound(to: Float.self)
                for row in rows {
                    var source = unsafe a.base + row * a.rowStride
                    if a.columnStride != 1 {
                        for column in 0..<k { unsafe line[column] = unsafe source[column * a.columnStride] }
                        unsafe source = UnsafePointer(line)
                    }
                    let out = unsafe target + 2 * row * width
                    unsafe table.pointee.bf16_round?(k, source, out)
                    if k < 2 * width { unsafe out[k] = 0 }
                }
            }
        }
        return unsafe UnsafePointer(memory.assumingMemoryBound(to: Float.self))
    }

    /// Pixels as words of two channels, multiplied by the factors of their image where there are any.
    @unsafe
    func pairPixels(
        _ shape: ConvolutionShape, _ input: ImageNumbers, factors: UnsafePointer<Float>?
    ) -> UnsafePointer<Float>? {
        if input.precision == .bf16, unsafe factors == nil { return unsafe input.words }
        let (channels, pixels) = (shape.inputChannels, shape.inputHeight * shape.inputWidth)
        guard let memory = unsafe scratch(.pairs, byteCount: shape.batch * pixels * channels * 2) else { return nil }
        // SAFETY: the images have the sizes of the shape, the memory room for as many numbers.
        let target = unsafe memory.assumingMemoryBound(to: UInt16.self)
        if let factors = unsafe factors {
            spreadItems(shape.batch * pixels, cost: channels) { part in
                guard let memory = unsafe scratch(.factors, byteCount: channels * 4) else { return }
                let line = unsafe memory.assumingMemoryBound(to: Float.self)
                for pixel in part {
                    let own = unsafe factors + pixel / pixels * channels
                    let source = unsafe input.advanced(by: pixel * channels)
                    if input.precision == .bf16 {
                        unsafe table.pointee.bf16_scale?(channels, source.halves, own, target + pixel * channels)
                        continue
                    }
                    unsafe table.pointee.f32_multiply?(channels, source.words, own, line)
                    unsafe table.pointee.bf16_round?(channels, line, target + pixel * channels)
                }
            }
        } else {
            unsafe round(count: shape.batch * pixels * channels, input.words, into: target)
        }
        return unsafe UnsafePointer(memory.assumingMemoryBound(to: Float.self))
    }

    /// The lines of images as words of two numbers, padded with zeros to `width` pixels; one word more may be read.
    @unsafe
    func pairLines(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, width: Int, isPlanar: Bool
    ) -> UnsafePointer<Float>? {
        let count = width * shape.inputChannels
        let lines = shape.batch * shape.inputHeight
        guard let memory = unsafe scratch(.pairs, byteCount: lines * count * 2 + 4) else { return nil }
        let target = unsafe memory.assumingMemoryBound(to: UInt16.self)
        unsafe (target + lines * count).update(repeating: 0, count: 2)
        spreadItems(lines, cost: count / 4) { part in
            guard let memory = unsafe scratch(.factors, byteCount: count * 4) else { return }
            let padded = unsafe memory.assumingMemoryBound(to: Float.self)
            for line in part {
                // SAFETY: lines count through batch and rows as the images do.
                unsafe padLine(shape, input, line, width: width, isPlanar: isPlanar, into: padded)
                unsafe table.pointee.bf16_round?(count, padded, target + line * count)
            }
        }
        return unsafe UnsafePointer(memory.assumingMemoryBound(to: Float.self))
    }

    /// Copies one line of images between zeros, `width` pixels in all, its channels together.
    @unsafe
    func padLine(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ line: Int, width: Int, isPlanar: Bool,
        into out: UnsafeMutablePointer<Float>
    ) {
        let depth = shape.inputChannels
        let (left, middle) = (shape.padLeft * depth, shape.inputWidth * depth)
        // SAFETY: the caller gives images of the shape's sizes and room for the line.
        unsafe out.update(repeating: 0, count: left)
        if isPlanar {
            let (image, row) = line.quotientAndRemainder(dividingBy: shape.inputHeight)
            let plane = shape.inputHeight * shape.inputWidth
            let source = unsafe input + image * depth * plane + row * shape.inputWidth
            unsafe table.pointee.f32_interleave?(depth, shape.inputWidth, source, plane, out + left)
        } else {
            unsafe (out + left).update(from: input + line * middle, count: middle)
        }
        unsafe (out + left + middle).update(repeating: 0, count: width * depth - left - middle)
    }

    /// Whether these kernels read the channels of a convolution in pairs.
    package func readsPairs(_ shape: ConvolutionShape) -> Bool { precision == .bf16 && shape.hasPairs }

    /// Whether these kernels multiply pairs of channels where Winograd's filtering has made tiles of the images.
    func readsPairs(_ shape: ConvolutionShape, _ tile: WinogradTile) -> Bool {
        precision == .bf16 && tile.hasPairs(shape)
    }
}

extension ConvolutionShape {
    /// Whether the numbers each tap reads make pairs: channels, or runs that begin at every other number.
    package var hasPairs: Bool {
        readsRuns ? strideWidth * inputChannels % 2 == 0 : inputChannels / groups % 2 == 0
    }

    /// The numbers of one output channel's weights where pairs are read: runs of an odd length have a zero more.
    var pairedDepth: Int {
        guard readsRuns else { return depth }
        let run = kernelWidth * inputChannels
        return kernelHeight * (run + run % 2)
    }
}

extension WinogradTile {
    /// Whether sums over channels may be taken in pairs: where tiles are small, rounding is no worse than it was.
    package func hasPairs(_ shape: ConvolutionShape) -> Bool { self == .two && shape.inputChannels % 2 == 0 }
}
