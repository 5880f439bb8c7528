// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import CApusKernels

/// The kernels of one instruction set together with the threads they run on.
///
/// Every method computes on memory the caller owns: pointers must cover the sizes and strides given, outputs must not
/// overlap inputs unless a method says that they may be the same.
@safe
package struct Kernels: @unchecked Sendable {
    // Sendable: the table is a constant of the program.

    /// The instruction set whose kernels run.
    package let instructionSet: InstructionSet
    /// The threads parts of a computation are spread over.
    package let pool: WorkerPool
    /// What weights packed by these kernels hold, and what is multiplied with them.
    package let precision: Precision
    package let table: UnsafePointer<apus_kernel_table>

    /// Selects the kernels of an instruction set, which must be present on this machine.
    package init(
        instructionSet: InstructionSet = .best, pool: WorkerPool = WorkerPool(threadCount: 1),
        precision: Precision = .f32
    ) {
        guard instructionSet.isPresent, let table = unsafe apus_kernels(instructionSet.code) else {
            preconditionFailure("this machine has no \(instructionSet.rawValue)")
        }
        self.instructionSet = instructionSet
        self.pool = pool
        self.precision = precision
        unsafe self.table = unsafe table
    }

    /// The same kernels for weights of a precision.
    package func multiplying(_ precision: Precision) -> Kernels {
        Kernels(instructionSet: instructionSet, pool: pool, precision: precision)
    }

    /// The number of floats in a vector.
    var lanes: Int { unsafe table.pointee.lanes }

    /// Spreads `count` elements over the pool in ranges of at least `grain`, whole vectors each.
    func spread(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let most = pool.threadCount == 1 ? 1 : pool.threadCount * 2
        let partCount = Swift.min(most, count / grain)
        guard partCount > 1 else {
            if count > 0 { body(0..<count) }
            return
        }
        let size = ((count + partCount - 1) / partCount + 63) & ~63
        pool.run(partCount: (count + size - 1) / size) { part in
            body(part * size..<Swift.min(count, (part + 1) * size))
        }
    }

    /// Spreads `count` whole items, each costing about `cost` simple operations, over the pool.
    func spreadItems(_ count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
        let most = pool.threadCount == 1 ? 1 : pool.threadCount * 4
        let partCount = Swift.min(most, count, Swift.max(1, count * Swift.max(1, cost) / 16384))
        guard partCount > 1 else {
            if count > 0 { body(0..<count) }
            return
        }
        pool.run(partCount: partCount) { part in
            body(part * count / partCount..<(part + 1) * count / partCount)
        }
    }
}

/// Memory of the calling thread for one purpose, valid until the thread asks for that purpose again.
///
/// Nil where there is none: the kernel then leaves its work undone, and ``ScratchShortage`` tells whoever called it.
@unsafe
func scratch(_ purpose: ScratchPurpose, byteCount: Int) -> UnsafeMutableRawPointer? {
    // SAFETY: the memory has the size asked for and belongs to this thread alone.
    unsafe apus_scratch(purpose.rawValue, byteCount)
}

/// Tells that a kernel found no scratch memory, in the way of `errno`: once, to the thread that called the kernel.
package enum ScratchShortage {
    /// The bytes that could not be had since the last call on this thread; nil when there was no shortage.
    package static func take() -> Int? {
        let byteCount = apus_scratch_shortage()
        return byteCount == 0 ? nil : Int(clamping: byteCount)
    }

    /// Hands a shortage met on another thread to this one.
    package static func hand(_ byteCount: Int) { apus_scratch_refuse(byteCount) }

    /// The most bytes this thread gets for one purpose; for tests of what happens without memory.
    package static func limit(to byteCount: Int) { apus_scratch_limit(byteCount) }
}

/// What a thread's scratch memory is for; purposes that are alive together differ.
enum ScratchPurpose: Int32 {
    case left
    case right
    case plane
    case product
    case sums
    case factors
    case zeros
    case pointers
    case image
    case attention
    case pairs
}
