// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One thread that carries out work in order, so that computing never holds up the tasks of a process.
final class ComputeThread: Sendable {
    private let queue = WorkQueue()

    /// Starts the thread; it ends when this object goes and its work is done.
    init() {
        var thread = pthread_t()
        let queue = unsafe Unmanaged.passRetained(queue).toOpaque()
        // SAFETY: the thread takes over the reference that passRetained made.
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<WorkQueue>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, queue)
        if status == 0 {
            pthread_detach(thread)
        } else {
            unsafe Unmanaged<WorkQueue>.fromOpaque(queue).release()
            self.queue.abandon()
        }
    }

    deinit { queue.close() }

    /// Adds work; without a thread (the system refused one) it runs here and now.
    func submit(_ work: @escaping @Sendable () -> Void) {
        if !queue.add(work) { work() }
    }
}

/// Work in order under a lock.
///
/// Unchecked: every access to `items`, `isClosed` and `isAbandoned` holds `mutex`.
@safe
private final class WorkQueue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items: [@Sendable () -> Void] = []
    private var isClosed = false
    private var isAbandoned = false

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    func add(_ work: @escaping @Sendable () -> Void) -> Bool {
        locked {
            guard !isAbandoned else { return false }
            items.append(work)
            unsafe pthread_cond_signal(condition)
            return true
        }
    }

    func close() {
        locked {
            isClosed = true
            unsafe pthread_cond_signal(condition)
        }
    }

    func abandon() { locked { isAbandoned = true } }

    func work() {
        while let item = next() { item() }
    }

    private func next() -> (@Sendable () -> Void)? {
        locked {
            while items.isEmpty && !isClosed { unsafe pthread_cond_wait(condition, mutex) }
            return items.isEmpty ? nil : items.removeFirst()
        }
    }
}
