// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Runs the tasks of a connection on the thread of its event loop, so that a request changes threads only to compute.
package final class EventLoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    /// Runs tasks on an event loop.
    package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { [self] in
            // SAFETY: every job is run once, here, and the closure keeps the executor alive.
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
