// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Memory that holds the elements of one or more tensors.
///
/// It is written only through the one ``MutableTensor`` it was made for and read-only from then on.
@safe
public final class TensorStorage: @unchecked Sendable {
    // Sendable: the bytes never change once a Tensor shares them, and the owner is only kept alive.

    package let base: UnsafeMutableRawPointer
    /// The number of bytes that may be read from the base.
    public let byteCount: Int
    private let owner: (any AnyObject & Sendable)?
    private let budget: MemoryBudget?

    /// Allocates zeroed or uninitialised memory, aligned to 64 bytes and padded by 64 bytes.
    ///
    /// - Throws: ``ComputeError`` with code `limit` when the budget or the system has no room.
    package init(byteCount: Int, zeroed: Bool, budget: MemoryBudget?) throws(ComputeError) {
        let (padded, overflow) = byteCount.addingReportingOverflow(64)
        guard byteCount >= 0, !overflow else { throw .limit("\(byteCount) bytes cannot be allocated") }
        try budget?.reserve(byteCount)
        var pointer: UnsafeMutableRawPointer?
        // SAFETY: the pointer is checked before use and freed once, in deinit.
        guard unsafe posix_memalign(&pointer, 64, padded) == 0, let allocated = unsafe pointer else {
            budget?.release(byteCount)
            throw .limit("the system has no \(byteCount) bytes")
        }
        if zeroed { unsafe memset(allocated, 0, padded) }
        unsafe base = allocated
        self.byteCount = byteCount
        owner = nil
        self.budget = budget
    }

    /// Borrows memory that the owner keeps valid and unchanged for as long as it lives.
    @unsafe
    package init(borrowing base: UnsafeMutableRawPointer, byteCount: Int, owner: any AnyObject & Sendable) {
        unsafe self.base = base
        self.byteCount = byteCount
        self.owner = owner
        budget = nil
    }

    deinit {
        if owner == nil {
            // SAFETY: without an owner the memory came from posix_memalign in init.
            unsafe free(base)
            budget?.release(byteCount)
        }
    }
}

/// A limit on the bytes of tensors alive at one time, shared by everything that allocates under it.
public final class MemoryBudget: Sendable {
    /// The most bytes that may be alive at one time.
    public let limitBytes: Int
    private let used = Atomic<Int>(0)

    /// Makes a budget of the given number of bytes.
    public init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// The bytes alive now.
    public var usedBytes: Int { used.load(ordering: .relaxed) }

    func reserve(_ byteCount: Int) throws(ComputeError) {
        let (_, total) = used.add(byteCount, ordering: .relaxed)
        guard total <= limitBytes else {
            used.subtract(byteCount, ordering: .relaxed)
            throw .limit("\(byteCount) bytes more than the limit of \(limitBytes) bytes allows")
        }
    }

    func release(_ byteCount: Int) { used.subtract(byteCount, ordering: .relaxed) }
}
