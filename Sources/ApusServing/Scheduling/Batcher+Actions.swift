// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Batcher {
    /// What an input of the batcher asks its caller to do; the arrays are used again from input to input.
    package struct Actions {
        /// A batch for an instance that was free.
        package struct Batch: Equatable {
            /// The instance that is to run it.
            package var instance: Int
            /// The places of its requests in ``Actions/tickets``.
            package var tickets: Range<Int>
            /// The rows of its requests together.
            package var size: Int
            /// Why it was sent as it is.
            package var closing: Closing
        }

        /// A request that leaves the queue without running.
        package struct Refusal: Equatable {
            /// The request.
            package var ticket: Int
            /// Why.
            package var reason: RefusalReason

            /// Makes a refusal.
            package init(ticket: Int, reason: RefusalReason) {
                self.ticket = ticket
                self.reason = reason
            }
        }

        /// The batches to run.
        package var batches: [Batch] = []
        /// The requests of all batches.
        package var tickets: [Int] = []
        /// The requests to refuse.
        package var refusals: [Refusal] = []
        /// What the requests of all batches are to their sequences, in the order of ``tickets``; empty without any.
        package var rows: [SequenceRow] = []
        /// The places of sequences that ended without a request that runs.
        package var dropped: [Int] = []

        /// Makes nothing to do.
        package init() {}

        /// Whether there is nothing to do.
        package var isEmpty: Bool { batches.isEmpty && refusals.isEmpty && dropped.isEmpty }

        /// Makes it nothing to do, keeping the memory.
        package mutating func removeAll() {
            batches.removeAll(keepingCapacity: true)
            tickets.removeAll(keepingCapacity: true)
            refusals.removeAll(keepingCapacity: true)
            rows.removeAll(keepingCapacity: true)
            dropped.removeAll(keepingCapacity: true)
        }
    }

    /// Why a request leaves the queue without running.
    package enum RefusalReason: Sendable {
        /// Its level of the queue is full.
        case queueFull
        /// Its time in the queue is over.
        case timeout
        /// Its caller has stopped waiting.
        case deadline
        /// Its sequence is not known, and it does not start one.
        case notStarted
        /// As many sequences as may wait for a seat.
        case tooManySequences
    }

    /// Why a batch was sent as it is.
    package enum Closing: String, Sendable, CaseIterable {
        /// No more rows fit, or none are wanted.
        case full
        /// It has a preferred size.
        case preferred
        /// Its oldest request had waited as long as it may.
        case delay
        /// There is no delay: an instance was free.
        case immediate
        /// The model runs every request alone.
        case single
        /// The next request is of another shape, and order is kept.
        case shape
        /// The version is on its way out.
        case shutdown
        /// Its oldest request had to go for the objective to hold, or no more rows might.
        case objective

        /// The reason's place among all.
        var place: Int {
            switch self {
            case .full: 0
            case .preferred: 1
            case .delay: 2
            case .immediate: 3
            case .single: 4
            case .shape: 5
            case .shutdown: 6
            case .objective: 7
            }
        }
    }

    /// The requests that are considered for the next batch.
    struct Candidate {
        var tickets: [Int] = []
        var size = 0
        var shape = 0
        var oldest = Int64.max
        var isFull = false
        var isEndedByShape = false
        /// The most rows.
        var limit = 0
        private var preferred: (count: Int, size: Int)?

        mutating func removeAll() {
            tickets.removeAll(keepingCapacity: true)
            size = 0
            oldest = .max
            isFull = false
            isEndedByShape = false
            preferred = nil
        }

        mutating func add(_ ticket: Int, _ entry: Entry) {
            if tickets.isEmpty { shape = entry.shape }
            tickets.append(ticket)
            size += entry.size
            oldest = min(oldest, entry.arrived)
        }

        mutating func markPreferred() { preferred = (tickets.count, size) }

        /// Leaves out what came after the largest preferred size; false when none was reached.
        mutating func cutToPreferred() -> Bool {
            guard let preferred else { return false }
            tickets.removeLast(tickets.count - preferred.count)
            size = preferred.size
            return true
        }
    }
}
