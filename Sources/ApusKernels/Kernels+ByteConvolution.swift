// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Kernels {
    /// The bytes ``packByteConvolution(_:weights:isSigned:zeroPoints:into:)`` writes.
    package func packedByteConvolutionByteCount(_ shape: ConvolutionShape) -> Int {
        shape.outputChannels * (shape.depth + 4) + 1
    }

    /// Rearranges quantised weights `[outputChannels, inputChannels / groups, height, width]` for the kernels.
    ///
    /// `zeroPoints` holds one number per output channel, or is nil where all are zero.
    package func packByteConvolution(
        _ shape: ConvolutionShape, weights: UnsafeRawPointer, isSigned: Bool, zeroPoints: UnsafePointer<Int32>? = nil,
        into packed: UnsafeMutableRawPointer
    ) {
        let count = shape.outputChannels * shape.depth
        unsafe packed.copyMemory(from: weights, byteCount: count)
        for channel in 0..<shape.outputChannels {
            let zero = unsafe zeroPoints.map { unsafe $0[channel] } ?? 0
            unsafe (packed + count).storeBytes(of: zero, toByteOffset: 4 * channel, as: Int32.self)
        }
        unsafe packed.storeBytes(of: isSigned ? 1 : 0, toByteOffset: count + 4 * shape.outputChannels, as: UInt8.self)
    }

    /// Convolves quantised `N C H W` images exactly; padding is the input's zero point, channels are the rows.
    package func byteConvolution(
        _ shape: ConvolutionShape, _ input: UnsafeRawPointer, isSigned: Bool, zeroPoint: Int32,
        packed weights: UnsafeRawPointer, into output: ByteEpilogue.Destination, epilogue: ByteEpilogue
    ) {
        unsafe naiveByteConvolution(shape, input, isSigned, zeroPoint, weights, output, epilogue)
    }
}
