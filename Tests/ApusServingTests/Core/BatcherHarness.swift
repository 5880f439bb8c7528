// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing

/// A batcher with a clock that is moved by hand, and what it said last.
struct BatcherHarness {
    var batcher: Batcher
    var now: Int64 = 1_000
    private var actions = Batcher.Actions()

    init(maximumSize: Int? = 8, instances: Int = 1, _ change: (inout BatchPolicy) -> Void = { _ in }) {
        var policy = BatchPolicy()
        change(&policy)
        batcher = Batcher(policy: policy, maximumSize: maximumSize)
        for instance in 0..<instances { batcher.instanceFree(instance, now: now, &actions) }
    }

    /// The tickets of the batches of the last input.
    var batches: [[Int]] { actions.batches.map { Array(actions.tickets[$0.tickets]) } }
    /// Why the batches of the last input were closed.
    var closings: [Batcher.Closing] { actions.batches.map(\.closing) }
    /// The instances of the batches of the last input.
    var instances: [Int] { actions.batches.map(\.instance) }
    /// The rows of the batches of the last input.
    var sizes: [Int] { actions.batches.map(\.size) }
    /// The refusals of the last input.
    var refusals: [Batcher.Actions.Refusal] { actions.refusals }

    mutating func arrive(_ ticket: Int, size: Int = 1, _ change: (inout Batcher.Arrival) -> Void = { _ in }) {
        var arrival = Batcher.Arrival(ticket: ticket)
        arrival.size = size
        change(&arrival)
        actions.removeAll()
        batcher.arrive(arrival, now: now, &actions)
    }

    mutating func free(_ instance: Int = 0) {
        actions.removeAll()
        batcher.instanceFree(instance, now: now, &actions)
    }

    /// Moves the clock, and calls the timer when it asked to be called by then.
    mutating func wait(_ nanoseconds: Int64) {
        actions.removeAll()
        now += nanoseconds
        if let time = batcher.nextTimer, time <= now { batcher.timer(now: now, &actions) }
    }

    mutating func cancel(_ ticket: Int) -> Bool { batcher.cancel(ticket) }

    mutating func shutdown() {
        actions.removeAll()
        batcher.shutdown(now: now, &actions)
    }
}
