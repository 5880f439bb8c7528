// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The kernels of one instruction set together with the threads they run on.
///
/// Every method computes on memory the caller owns: pointers must cover the sizes and strides given, outputs must not
/// overlap inputs unless a method says that they may be the same.
package struct Kernels: Sendable {
    /// The instruction set whose kernels run.
    package let instructionSet: InstructionSet
    /// The threads parts of a computation are spread over.
    package let pool: WorkerPool

    /// Selects the kernels of an instruction set, which must be present on this machine.
    package init(instructionSet: InstructionSet = .best, pool: WorkerPool = WorkerPool(threadCount: 1)) {
        precondition(instructionSet.isPresent, "this machine has no \(instructionSet.rawValue)")
        self.instructionSet = instructionSet
        self.pool = pool
    }
}
