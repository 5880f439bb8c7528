// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// 4- and 2-bit elements, which ONNX Runtime holds side by side in a byte.
enum NarrowElements {
    /// Writes all elements to memory that has room for them.
    @unsafe
    static func pack(_ tensor: Tensor, into target: UnsafeMutableRawPointer) {
        let width = tensor.elementType.storedBitWidth
        let perByte = 8 / width
        let mask = UInt8(truncatingIfNeeded: (1 << width) - 1)
        // SAFETY: the source holds one byte for each element, the target one for each perByte elements.
        let source = unsafe tensor.baseAddress.assumingMemoryBound(to: UInt8.self)
        for start in stride(from: 0, to: tensor.elementCount, by: perByte) {
            var byte: UInt8 = 0
            for index in start..<min(start + perByte, tensor.elementCount) {
                byte |= unsafe (source[index] & mask) << UInt8(width * (index - start))
            }
            unsafe target.storeBytes(of: byte, toByteOffset: start / perByte, as: UInt8.self)
        }
    }

    /// Reads all elements of a shape.
    @unsafe
    static func unpack(
        _ source: UnsafeMutableRawPointer, _ type: ElementType, _ shape: Shape
    ) throws(ComputeError) -> Tensor {
        let width = type.storedBitWidth
        let perByte = 8 / width
        let mask = UInt8(truncatingIfNeeded: (1 << width) - 1)
        var result = try MutableTensor(type, shape)
        var target = try result.patterns(of: UInt8.self)
        for index in target.indices {
            // SAFETY: the source holds all elements of the shape.
            let byte = unsafe source.load(fromByteOffset: index / perByte, as: UInt8.self)
            target[index] = byte >> UInt8(width * (index % perByte)) & mask
        }
        return result.finish()
    }
}
