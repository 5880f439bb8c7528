// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension Tensor {
    /// The elements of an `f32` tensor for kernels; the tensor must outlive the use.
    @unsafe
    var floats: UnsafePointer<Float> {
        precondition(elementType == .float32, "kernels read f32")
        // SAFETY: the memory holds elements of the type just checked, for as long as the caller keeps the tensor.
        return unsafe UnsafePointer(baseAddress.assumingMemoryBound(to: Float.self))
    }

    /// The elements of an `i32` tensor for kernels; the tensor must outlive the use.
    @unsafe
    var words: UnsafePointer<Int32> {
        precondition(elementType == .int32, "kernels read i32")
        // SAFETY: as floats.
        return unsafe UnsafePointer(baseAddress.assumingMemoryBound(to: Int32.self))
    }
}

extension MutableTensor {
    /// The elements of an `f32` tensor for kernels to write.
    @unsafe
    var floats: UnsafeMutablePointer<Float> {
        precondition(elementType == .float32, "kernels write f32")
        // SAFETY: as a tensor's floats; nobody else writes while self is being made.
        return unsafe baseAddress.assumingMemoryBound(to: Float.self)
    }
}
