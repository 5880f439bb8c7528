// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A thread of its own for what takes long: opening models, warming them up, reading folders.
final class RepositoryWorker: Sendable {
    private struct Queue {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private final class Room: Sendable {
        let queue = Mutex(Queue())
        let signal = Signal()

        func work() {
            while true {
                signal.wait()
                let (job, isClosed) = queue.withLock { queue in
                    (queue.jobs.isEmpty ? nil : queue.jobs.removeFirst(), queue.isClosed)
                }
                if let job { job() } else if isClosed { return }
            }
        }
    }

    private let room = Room()
    private let isStarted: Bool

    init() {
        let room = room
        isStarted = Threads.start { room.work() }
    }

    deinit {
        room.queue.withLock { $0.isClosed = true }
        room.signal.raise()
    }

    /// Has a job done after those that are waiting; false when there is no thread to do it.
    @discardableResult
    func add(_ job: @escaping @Sendable () -> Void) -> Bool {
        guard isStarted else { return false }
        room.queue.withLock { $0.jobs.append(job) }
        room.signal.raise()
        return true
    }

    /// Has a job done and waits for it without holding up a thread.
    ///
    /// - Throws: ``ServingError`` of the job, or with code `resourceExhausted` when the system refused a thread.
    func run(_ job: @escaping @Sendable () throws(ServingError) -> Void) async throws(ServingError) {
        let result: Result<Void, ServingError> = await withCheckedContinuation { continuation in
            let isTaken = add {
                do throws(ServingError) {
                    try job()
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isTaken {
                continuation.resume(
                    returning: .failure(ServingError(.resourceExhausted, "the system refused a thread to load models")))
            }
        }
        try result.get()
    }
}
