// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A value that one thread at a time may see.
///
/// It is used as the library's `Mutex` is, and differs in that ThreadSanitizer knows what it guards: of what a `Mutex`
/// guards it reports races that are none.
///
/// Unchecked: every access to `value` holds `mutex`.
@safe
package final class Lock<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    /// Puts a value under a lock.
    package init(_ value: sending Value) {
        self.value = value
        // SAFETY: initialised here and destroyed in deinit, at a fixed address in between.
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        // SAFETY: nobody holds the lock while nobody refers to it.
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Calls the body with the value, alone.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: the mutex lives as long as the lock, and is opened however the body ends.
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
