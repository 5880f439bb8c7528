// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension TensorStorage {
    /// Copies bytes into memory of their own.
    ///
    /// - Throws: ``ComputeError`` with code `limit` when the budget or the system has no room.
    package convenience init(copying bytes: Span<UInt8>, budget: MemoryBudget? = nil) throws(ComputeError) {
        // SAFETY: bytes are bytes, seen without a type.
        try self.init(copying: unsafe bytes.bytes, budget: budget)
    }

    /// Copies bytes into memory of their own.
    ///
    /// - Throws: ``ComputeError`` with code `limit` when the budget or the system has no room.
    package convenience init(copying bytes: RawSpan, budget: MemoryBudget? = nil) throws(ComputeError) {
        try self.init(byteCount: bytes.byteCount, zeroed: false, budget: budget)
        // SAFETY: the new memory holds as many bytes as the source and is not shared yet.
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            _ = unsafe memcpy(base, start, source.count)
        }
    }

    /// All bytes, borrowed.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // SAFETY: the memory holds byteCount bytes, which never change once they are shared, while self lives.
            let start = unsafe UnsafePointer(base.assumingMemoryBound(to: UInt8.self))
            let span = unsafe Span<UInt8>(_unsafeStart: start, count: byteCount)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}
