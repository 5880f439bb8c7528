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
    private let chargedByteCount: Int

    /// Allocates zeroed or uninitialised memory, aligned to 64 bytes and padded by 64 bytes, from large pages if they
    /// are given and the size suits.
    ///
    /// - Throws: ``ComputeError`` with code `limit` when the budget or the system has no room.
    package init(
        byteCount: Int, zeroed: Bool, budget: MemoryBudget?, from pages: LargePages? = nil
    ) throws(ComputeError) {
        let (padded, overflow) = byteCount.addingReportingOverflow(64)
        guard byteCount >= 0, !overflow else { throw .limit("\(byteCount) bytes cannot be allocated") }
        let charged = byteCount &+ MemoryBudget.overheadBytes
        try budget?.reserve(charged)
        self.byteCount = byteCount
        self.budget = budget
        chargedByteCount = charged
        if let pages, let (piece, page) = unsafe pages.take(byteCount) {
            if zeroed { unsafe memset(piece, 0, padded) }
            unsafe base = unsafe piece
            owner = page
            return
        }
        var pointer: UnsafeMutableRawPointer?
        let isVast = byteCount >= LargePages.pageBytes
        // SAFETY: the pointer is checked before use and freed once, in deinit.
        guard unsafe posix_memalign(&pointer, isVast ? LargePages.pageBytes : 64, padded) == 0,
            let allocated = unsafe pointer
        else {
            budget?.release(charged)
            throw .limit("the system has no \(byteCount) bytes")
        }
        // Large pages where the system has them: products read packed weights from end to end.
        if isVast { unsafe _ = madvise(allocated, padded & ~(LargePages.pageBytes - 1), MADV_HUGEPAGE) }
        if zeroed { unsafe memset(allocated, 0, padded) }
        unsafe base = allocated
        owner = nil
    }

    /// Holds no bytes, and stands for memory that the budget cannot see, such as that of strings.
    ///
    /// - Throws: ``ComputeError`` with code `limit` when the budget has no room.
    package convenience init(standingFor byteCount: Int, budget: MemoryBudget) throws(ComputeError) {
        let charged = byteCount.addingReportingOverflow(MemoryBudget.overheadBytes)
        guard byteCount >= 0, !charged.overflow else { throw .limit("\(byteCount) bytes cannot be had") }
        try budget.reserve(charged.partialValue)
        do {
            try self.init(charged: charged.partialValue, budget: budget)
        } catch {
            budget.release(charged.partialValue)
            throw error
        }
    }

    private init(charged: Int, budget: MemoryBudget) throws(ComputeError) {
        var pointer: UnsafeMutableRawPointer?
        // SAFETY: the pointer is checked before use and freed once, in deinit.
        guard unsafe posix_memalign(&pointer, 64, 64) == 0, let allocated = unsafe pointer else {
            throw .limit("the system has no memory")
        }
        unsafe base = allocated
        byteCount = 0
        owner = nil
        self.budget = budget
        chargedByteCount = charged
    }

    /// Borrows memory that the owner keeps valid and unchanged for as long as it lives.
    @unsafe
    package init(borrowing base: UnsafeMutableRawPointer, byteCount: Int, owner: any AnyObject & Sendable) {
        unsafe self.base = base
        self.byteCount = byteCount
        self.owner = owner
        budget = nil
        chargedByteCount = 0
    }

    /// The file this memory was mapped from, when it was cut short since and has lost some of its bytes.
    package var damagedFile: String? {
        guard MappedFile.isAnyDamaged, let file = owner as? MappedFile, file.isDamaged else { return nil }
        return file.path
    }

    /// Gives back the memory of pages that can be read again from the file they were mapped from.
    package func releasePages() {
        if let file = owner as? MappedFile { file.releasePages() }
    }

    deinit {
        // SAFETY: without an owner the memory came from posix_memalign in init.
        if owner == nil { unsafe free(base) }
        budget?.release(chargedByteCount)
    }
}

/// A limit on the bytes of tensors alive at one time, shared by everything that allocates under it.
public final class MemoryBudget: Sendable {
    /// The most bytes that may be alive at one time.
    public let limitBytes: Int
    private let used = Atomic<Int>(0)
    private let enclosing: MemoryBudget?

    /// Makes a budget of the given number of bytes.
    public init(limitBytes: Int) {
        self.limitBytes = limitBytes
        enclosing = nil
    }

    /// Makes a budget whose bytes also count in another one.
    package init(limitBytes: Int, within enclosing: MemoryBudget?) {
        self.limitBytes = limitBytes
        self.enclosing = enclosing
    }

    /// What a tensor takes beside its elements.
    static let overheadBytes = 128

    /// Refuses a number of bytes that could not be reserved now.
    ///
    /// - Throws: ``ComputeError`` with code `limit`.
    package func checkRoom(for byteCount: Int) throws(ComputeError) {
        let (total, overflow) = usedBytes.addingReportingOverflow(byteCount)
        guard byteCount >= 0, !overflow, total <= limitBytes else {
            throw .limit("\(byteCount) bytes more than the limit of \(limitBytes) bytes allows")
        }
        try enclosing?.checkRoom(for: byteCount)
    }

    /// The bytes alive now.
    public var usedBytes: Int { used.load(ordering: .relaxed) }

    func reserve(_ byteCount: Int) throws(ComputeError) {
        let (_, total) = used.add(byteCount, ordering: .relaxed)
        guard total <= limitBytes else {
            used.subtract(byteCount, ordering: .relaxed)
            throw .limit("\(byteCount) bytes more than the limit of \(limitBytes) bytes allows")
        }
        do { try enclosing?.reserve(byteCount) } catch {
            used.subtract(byteCount, ordering: .relaxed)
            throw error
        }
    }

    func release(_ byteCount: Int) {
        used.subtract(byteCount, ordering: .relaxed)
        enclosing?.release(byteCount)
    }
}
