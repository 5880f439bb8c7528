// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A flag that one thread waits for and any may raise.
@safe
package final class Signal: @unchecked Sendable {
    // Sendable: semaphores are made for several threads.

    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    package init() {
        // SAFETY: initialised here and destroyed in deinit, at a fixed address in between.
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        // SAFETY: nobody waits while nobody refers to the signal.
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    /// Lets one wait end, now or later.
    package func raise() {
        // SAFETY: the semaphore lives as long as the signal.
        unsafe sem_post(semaphore)
    }

    /// Waits until the signal was raised once more than it was waited for.
    package func wait() {
        // SAFETY: the semaphore lives as long as the signal; an interrupted wait begins again.
        while unsafe sem_wait(semaphore) != 0 {}
    }
}
