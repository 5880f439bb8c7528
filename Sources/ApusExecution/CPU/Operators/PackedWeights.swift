// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// Weights in the layout one instruction set's kernels read, held as a constant of bytes.
enum PackedWeights {
    /// The domain of lowered operators.
    static let domain = "apus.cpu"

    /// Where weights are packed.
    private static let pages = LargePages()

    /// Packs through a function that fills the given number of bytes; they need not be zero before where it fills all.
    ///
    /// - Throws: ``ComputeError`` with code `limit` where there is no memory for them, or to pack in.
    static func make(
        byteCount: Int, zeroed: Bool = true, _ fill: (UnsafeMutableRawPointer) -> Void
    ) throws(ComputeError) -> Tensor {
        _ = ScratchShortage.take()
        let storage = try TensorStorage(byteCount: byteCount, zeroed: zeroed, budget: nil, from: pages)
        let packed = MutableTensor(.uint8, [byteCount], storage: storage, at: 0)
        // SAFETY: the pointer covers byteCount bytes and is used within the call only.
        unsafe fill(packed.baseAddress)
        if let byteCount = ScratchShortage.take() { throw .limit("the system has no \(byteCount) bytes to pack in") }
        return packed.finish()
    }

    /// Checks that weights of the given sizes can exist, so that nothing computed from them overflows.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    static func checkSizes(_ sizes: [Int]) throws(ComputeError) {
        var product = 1
        for size in sizes {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard size > 0, !overflow, next <= 1 << 44 else { throw .attribute("weights of \(sizes)") }
            product = next
        }
    }

    /// Checks that packed weights have the size these kernels read and belong to their instruction set.
    ///
    /// - Throws: ``ComputeError`` with code `value` or `unsupported`.
    static func check(
        _ packed: Tensor, byteCount: Int, isa: String, _ context: EvaluationContext
    ) throws(ComputeError) {
        guard isa == context.instructionSet.rawValue else {
            throw .unsupported("weights are packed for \(isa), the plan runs on \(context.instructionSet.rawValue)")
        }
        guard packed.elementType == .uint8, packed.elementCount == byteCount else {
            throw .value("packed weights are \(packed), expected \(byteCount) bytes")
        }
    }
}

extension EvaluationContext {
    /// The kernels this evaluation must use.
    var kernels: Kernels { kernels(.f32) }

    /// The kernels this evaluation must use with weights of a precision.
    func kernels(_ precision: Precision) -> Kernels {
        Kernels(instructionSet: instructionSet, pool: workers, precision: precision)
    }
}
