// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// Operands of bf16: neighbours along the depth lie in one word, which takes the place of a float.
extension Kernels {
    /// The words that hold one row of a product's left operand or one column of its right one.
    func words(_ depth: Int) -> Int { precision == .bf16 ? (depth + 1) / 2 : depth }

    /// The rows of a matrix as words; nil where there is no memory for them.
    @unsafe
    func pairRows(m: Int, k: Int, _ a: MatrixOperand) -> UnsafePointer<Float>? {
        let width = words(k)
        guard let memory = unsafe scratch(.pairs, byteCount: m * width * 4) else { return nil }
        // SAFETY: the operand has m rows of k numbers, the memory room for as many.
        let target = unsafe memory.assumingMemoryBound(to: UInt16.self)
        if a.columnStride == 1, k == 2 * width, a.rowStride == k || m == 1 {
            unsafe narrow(.bfloat16, count: m * k, a.base, into: target)
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
                    unsafe table.pointee.bf16_narrow?(k, source, out)
                    if k < 2 * width { unsafe out[k] = 0 }
                }
            }
        }
        return unsafe UnsafePointer(memory.assumingMemoryBound(to: Float.self))
    }

    /// Pixels as words of two channels, multiplied by the factors of their image where there are any.
    @unsafe
    func pairPixels(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, factors: UnsafePointer<Float>?
    ) -> UnsafePointer<Float>? {
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
                    unsafe table.pointee.f32_multiply?(channels, input + pixel * channels, own, line)
                    unsafe table.pointee.bf16_narrow?(channels, line, target + pixel * channels)
                }
            }
        } else {
            unsafe narrow(.bfloat16, count: shape.batch * pixels * channels, input, into: target)
        }
        return unsafe UnsafePointer(memory.assumingMemoryBound(to: Float.self))
    }

    /// Whether these kernels read the channels of a convolution in pairs.
    package func readsPairs(_ shape: ConvolutionShape) -> Bool { precision == .bf16 && shape.hasPairs }
}

extension ConvolutionShape {
    /// Whether the channels each tap reads make pairs.
    package var hasPairs: Bool { !readsRuns && inputChannels / groups % 2 == 0 }
}
