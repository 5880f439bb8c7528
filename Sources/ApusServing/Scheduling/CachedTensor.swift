// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// A tensor with memory of its own that is equal to others of the same elements, bit by bit.
package struct CachedTensor: Hashable, Sendable {
    /// The tensor.
    package let tensor: Tensor

    /// Looks at a tensor where it lies.
    package init(_ tensor: Tensor) { self.tensor = tensor }

    /// Copies a tensor, which may be part of something larger; nil without memory.
    package init?(copying tensor: Tensor) {
        guard tensor.elementType != .string else {
            self.tensor = tensor
            return
        }
        guard let storage = try? TensorStorage(copying: tensor.bytes),
            let copy = try? Tensor(tensor.elementType, tensor.shape, storage: storage)
        else { return nil }
        self.tensor = copy
    }

    /// The bytes the elements take.
    package var byteCount: Int {
        guard tensor.elementType == .string else { return tensor.byteCount }
        return tensor.strings.reduce(0) { $0 + 16 + $1.utf8.count }
    }

    package static func == (left: CachedTensor, right: CachedTensor) -> Bool {
        let (first, second) = (left.tensor, right.tensor)
        guard first.elementType == second.elementType, first.shape == second.shape else { return false }
        guard first.elementType != .string else {
            // Strings of equal characters may have different bytes.
            return zip(first.strings, second.strings).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
        }
        // SAFETY: the buffers are read within the closures only.
        return unsafe first.bytes.withUnsafeBytes { left in
            unsafe second.bytes.withUnsafeBytes { right in unsafe left.elementsEqual(right) }
        }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(tensor.elementType)
        hasher.combine(tensor.shape)
        for string in tensor.strings {
            for byte in string.utf8 { hasher.combine(byte) }
            hasher.combine(UInt8(0xff))
        }
        // SAFETY: the buffer is read within the closure only.
        unsafe tensor.bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}
