// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// How the requests of a model are made into batches.
package struct BatchPolicy: Sendable, Equatable {
    /// Batch sizes that are sent as soon as they are reached, the smallest first; empty: only the largest batch is.
    package var preferredSizes: [Int] = []
    /// The rows from which on a batch is sent without more delay, as large as it is then; 0: only a full one is.
    package var minimumSize = 0
    /// The longest a request waits for others to join it; zero: whatever is queued goes to an instance that is free.
    package var maximumDelay: Duration = .zero
    /// What batches are closed to hold, in place of a delay; nil: nothing.
    package var objective: LatencyObjective?
    /// Whether responses leave in the order in which the requests came.
    package var preservesOrder = false
    /// The number of levels of the queue; 0: all requests are of one level.
    package var priorityLevels: UInt64 = 0
    /// The level of requests that name none.
    package var defaultPriority: UInt64 = 0
    /// The rules of levels without rules of their own.
    package var queuePolicy = QueuePolicy()
    /// The rules of single levels.
    package var queuePolicies: [UInt64: QueuePolicy] = [:]

    /// Makes the policy that batches what is queued and never waits.
    package init() {}

    /// The rules of a level.
    package func queuePolicy(ofLevel level: UInt64) -> QueuePolicy { queuePolicies[level] ?? queuePolicy }
}

/// What becomes of requests that wait too long, and how many may wait, for one level of a queue.
package struct QueuePolicy: Sendable, Equatable {
    /// What becomes of a request whose time in the queue is over.
    package enum TimeoutAction: Sendable, Equatable {
        /// It is refused.
        case reject
        /// It goes behind all others of its level.
        case delay
    }

    /// What becomes of a request whose time in the queue is over.
    package var timeoutAction = TimeoutAction.reject
    /// The time a request may spend in the queue; zero: any.
    package var defaultTimeout: Duration = .zero
    /// Whether a request may name a shorter time of its own.
    package var allowsTimeoutOverride = false
    /// The most requests of the level that may wait; 0: only the server's own limits hold.
    package var maximumSize = 0

    /// Makes rules that limit nothing.
    package init() {}
}
