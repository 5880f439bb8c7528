// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

extension Tensor {
    /// Whether kernels over images read such elements.
    var isOfImages: Bool { elementType == .float32 || elementType == .bfloat16 }

    /// The elements of images for kernels; the tensor must outlive the use.
    @unsafe
    var numbers: ImageNumbers {
        precondition(isOfImages, "images are f32 or bf16")
        // SAFETY: the memory holds elements of the type just checked, for as long as the caller keeps the tensor.
        return unsafe ImageNumbers(baseAddress, elementType == .bfloat16 ? .bf16 : .f32)
    }

    /// The elements of a bf16 tensor for kernels; the tensor must outlive the use.
    @unsafe
    var halves: UnsafePointer<UInt16> {
        precondition(elementType == .bfloat16, "kernels read bf16")
        // SAFETY: as numbers.
        return unsafe UnsafePointer(baseAddress.assumingMemoryBound(to: UInt16.self))
    }
}

extension MutableTensor {
    /// The elements of images for kernels to write.
    @unsafe
    var target: ImageTarget {
        precondition(elementType == .float32 || elementType == .bfloat16, "images are f32 or bf16")
        // SAFETY: as a tensor's numbers; nobody else writes while self is being made.
        return unsafe ImageTarget(baseAddress, elementType == .bfloat16 ? .bf16 : .f32)
    }

    /// The elements of a bf16 tensor for kernels to write.
    @unsafe
    var halves: UnsafeMutablePointer<UInt16> {
        precondition(elementType == .bfloat16, "kernels write bf16")
        // SAFETY: as target.
        return unsafe baseAddress.assumingMemoryBound(to: UInt16.self)
    }
}

extension Precision {
    /// What elements of tensors are called.
    var elementType: ElementType { self == .bf16 ? .bfloat16 : .float32 }
}
