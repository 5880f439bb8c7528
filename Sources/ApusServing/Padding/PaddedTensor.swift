// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Glibc

/// Tensors that are made longer along an axis, and shorter again.
enum PaddedTensor {
    /// A mask of ones.
    ///
    /// - Throws: ``ComputeError`` with code `limit`.
    static func filled(_ input: PaddingPlan.Input, _ shape: Shape) throws(ComputeError) -> Tensor {
        let target = try MutableTensor(input.elementType, shape, uninitialized: ())
        // SAFETY: the tensor has as many bytes as its shape takes.
        unsafe fill(target.baseAddress, try MutableTensor.byteCount(input.elementType, shape), with: input.one)
        return target.finish()
    }

    /// Writes the rows of a tensor into memory where each is longer along the padded axis.
    ///
    /// `target`: Memory for the tensor's own shape with `length` along the axis.
    /// - Returns: The bytes that were written.
    @unsafe
    static func write(
        _ source: Tensor, to target: UnsafeMutableRawPointer, _ input: PaddingPlan.Input, length: Int
    ) -> Int {
        let shape = source.shape
        var (outer, inner) = (1, source.elementType.byteWidth)
        for axis in 0..<input.axis { outer *= shape[axis] }
        for axis in (input.axis + 1)..<max(shape.rank, input.axis + 1) { inner *= shape[axis] }
        let (own, whole) = (shape[input.axis] * inner, length * inner)
        for row in 0..<outer {
            let start = unsafe target + row * whole
            // SAFETY: the source has outer times own bytes, and the target outer times whole ones.
            unsafe _ = memcpy(start, source.baseAddress + row * own, own)
            unsafe fill(start + own, whole - own, with: input.filling)
        }
        return outer * whole
    }

    /// The beginning of a tensor along some axes: a view where it is one piece, else a copy.
    ///
    /// - Throws: ``ComputeError`` with code `limit`, or `shape` where it is shorter.
    static func cut(_ tensor: Tensor, axes: [Int], length: Int) throws(ComputeError) -> Tensor {
        var result = tensor
        for axis in axes { result = try cut(result, axis: axis, length: length) }
        return result
    }

    private static func cut(_ tensor: Tensor, axis: Int, length: Int) throws(ComputeError) -> Tensor {
        var shape = tensor.shape
        guard axis < shape.rank, shape[axis] >= length else {
            throw .shape("an output is \(tensor), expected \(length) or more along axis \(axis)")
        }
        guard shape[axis] > length else { return tensor }
        var (outer, inner) = (1, tensor.elementType.byteWidth)
        for other in 0..<axis { outer *= shape[other] }
        for other in (axis + 1)..<max(shape.rank, axis + 1) { inner *= shape[other] }
        let (whole, own) = (shape[axis] * inner, length * inner)
        shape[axis] = length
        if outer == 1 {
            return try Tensor(tensor.elementType, shape, storage: tensor.storage, byteOffset: tensor.byteOffset)
        }
        let target = try MutableTensor(tensor.elementType, shape, uninitialized: ())
        for row in 0..<outer {
            // SAFETY: the tensor has outer times whole bytes, and the target outer times own ones.
            unsafe _ = memcpy(target.baseAddress + row * own, tensor.baseAddress + row * whole, own)
        }
        return target.finish()
    }

    @unsafe
    private static func fill(_ target: UnsafeMutableRawPointer, _ byteCount: Int, with element: [UInt8]) {
        guard element.contains(where: { $0 != 0 }) else {
            // SAFETY: the caller's memory has so many bytes.
            unsafe _ = memset(target, 0, byteCount)
            return
        }
        var offset = 0
        while offset < byteCount {
            unsafe target.storeBytes(of: element[offset % element.count], toByteOffset: offset, as: UInt8.self)
            offset += 1
        }
    }
}

extension PaddingPlan.Input {
    /// The bytes of one element of a number, or nil for a number the type does not have.
    static func bytes(_ value: Double, _ type: Datatype) -> [UInt8]? {
        func whole<Number: FixedWidthInteger>(_ kind: Number.Type) -> [UInt8]? {
            Number(exactly: value).map { number in
                (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
            }
        }
        func bits<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        return switch type {
        case .bool: value == 0 || value == 1 ? [UInt8(value)] : nil
        case .uint8: whole(UInt8.self)
        case .uint16: whole(UInt16.self)
        case .uint32: whole(UInt32.self)
        case .uint64: whole(UInt64.self)
        case .int8: whole(Int8.self)
        case .int16: whole(Int16.self)
        case .int32: whole(Int32.self)
        case .int64: whole(Int64.self)
        case .float32: bits(Float(value).bitPattern)
        case .float64: bits(value.bitPattern)
        case .float16: value == 0 ? [0, 0] : value == 1 ? [0, 0x3c] : nil
        case .bfloat16: bits(UInt16(truncatingIfNeeded: Float(value).bitPattern >> 16))
        case .bytes: nil
        }
    }
}
