// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Kernels {
    /// The bytes ``packConvolution(_:weights:into:)`` writes; independent of batch and image size.
    package func packedConvolutionByteCount(_ shape: ConvolutionShape) -> Int {
        shape.outputChannels * shape.depth * 4
    }

    /// Rearranges weights `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]` for the kernels.
    package func packConvolution(
        _ shape: ConvolutionShape, weights: UnsafePointer<Float>, into packed: UnsafeMutableRawPointer
    ) {
        // SAFETY: the caller gives packedConvolutionByteCount bytes.
        unsafe packed.copyMemory(from: weights, byteCount: packedConvolutionByteCount(shape))
    }

    /// Convolves `N C H W` images with packed weights; the bias runs along output channels.
    package func convolution(
        _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, packed weights: UnsafeRawPointer,
        into output: UnsafeMutablePointer<Float>, epilogue: Epilogue = Epilogue()
    ) {
        // SAFETY: the caller gives memory of packConvolution's layout and images of the shape's sizes.
        let filter = unsafe weights.assumingMemoryBound(to: Float.self)
        unsafe naiveConvolution(shape, input, filter, output, epilogue)
    }
}
