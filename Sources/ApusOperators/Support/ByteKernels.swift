// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

extension Outputs {
    private var kernels: Kernels { context.vectorKernels }

    /// Rounds floats to bytes with one scale and zero point for all, into an output of the same shape.
    mutating func quantize(
        _ index: Int, _ source: Tensor, scale: Float, zeroPoint: Int32, to elementType: ElementType
    ) throws(ComputeError) {
        let result = try makeTensor(index, elementType, source.shape)
        // SAFETY: both tensors have the same number of elements and live through the call.
        unsafe kernels.quantize(
            count: source.elementCount, UnsafePointer(source.baseAddress.assumingMemoryBound(to: Float.self)),
            scale: scale, zeroPoint: zeroPoint, isSigned: elementType == .int8, into: result.baseAddress)
        withExtendedLifetime(source) {}
        set(index, result.finish())
    }

    /// Turns bytes with one scale and zero point for all back into floats, in an output of the same shape.
    mutating func dequantize(
        _ index: Int, _ source: Tensor, scale: Float, zeroPoint: Int32
    ) throws(ComputeError) {
        let result = try makeTensor(index, .float32, source.shape)
        // SAFETY: both tensors have the same number of elements and live through the call.
        unsafe kernels.dequantize(
            count: source.elementCount, source.baseAddress, isSigned: source.elementType == .int8, scale: scale,
            zeroPoint: zeroPoint, into: result.baseAddress.assumingMemoryBound(to: Float.self))
        withExtendedLifetime(source) {}
        set(index, result.finish())
    }

    /// Adds bytes of one shape and type.
    mutating func addBytes(
        _ index: Int, _ left: Tensor, _ right: Tensor, _ sum: ByteSum
    ) throws(ComputeError) {
        let result = try makeTensor(index, left.elementType, left.shape)
        // SAFETY: all tensors have the same number of elements and live through the call.
        unsafe kernels.byteSum(
            sum, count: left.elementCount, isSigned: left.elementType == .int8, left.baseAddress, right.baseAddress,
            into: result.baseAddress)
        withExtendedLifetime((left, right)) {}
        set(index, result.finish())
    }

    /// Replaces every byte by its entry of a table of 256.
    mutating func lookUp(_ index: Int, _ source: Tensor, _ table: [UInt8]) throws(ComputeError) {
        precondition(table.count == 256)
        let result = try makeTensor(index, source.elementType, source.shape)
        unsafe table.withUnsafeBufferPointer { entries in
            guard let base = entries.baseAddress else { return }
            // SAFETY: both tensors have the same number of elements and live through the call.
            unsafe kernels.byteTable(
                base, count: source.elementCount,
                UnsafePointer(source.baseAddress.assumingMemoryBound(to: UInt8.self)),
                into: result.baseAddress.assumingMemoryBound(to: UInt8.self))
        }
        withExtendedLifetime(source) {}
        set(index, result.finish())
    }

    /// The least and the greatest of floats; NaN where there is one, zeros where there is nothing.
    func extremes(of source: Tensor) -> (least: Float, greatest: Float) {
        guard source.elementCount > 0 else { return (0, 0) }
        // SAFETY: the tensor lives through the call.
        let result = unsafe kernels.extremes(
            count: source.elementCount, UnsafePointer(source.baseAddress.assumingMemoryBound(to: Float.self)))
        withExtendedLifetime(source) {}
        return result
    }
}
