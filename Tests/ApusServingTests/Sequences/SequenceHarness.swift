// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing

/// A queue of sequences with a clock that is moved by hand, and what it said last.
struct SequenceHarness {
    var batcher: SequenceBatcher
    var now: Int64 = 1_000
    private var actions = Batcher.Actions()

    init(
        _ strategy: SequencePolicy.Strategy = .direct(maximumDelay: .zero, minimumUtilization: 0),
        maximumSize: Int? = 2, instances: Int = 1, idle: Duration = .seconds(1), mostWaiting: Int = 1_024
    ) {
        var policy = SequencePolicy()
        policy.strategy = strategy
        policy.maximumIdle = idle
        batcher = SequenceBatcher(
            policy: policy, maximumSize: maximumSize, instanceCount: instances, mostWaiting: mostWaiting)
        for instance in 0..<instances { batcher.instanceFree(instance, now: now, &actions) }
    }

    /// The tickets of the batches of the last input.
    var batches: [[Int]] { actions.batches.map { Array(actions.tickets[$0.tickets]) } }
    /// The tickets of the requests that begin a sequence, or end one, in the batches of the last input.
    var starts: [Int] { zip(actions.tickets, actions.rows).filter(\.1.isStart).map(\.0) }
    var ends: [Int] { zip(actions.tickets, actions.rows).filter(\.1.isEnd).map(\.0) }
    /// The places of the sequences of the batches of the last input.
    var places: [Int] { actions.rows.map(\.sequence) }
    var dropped: [Int] { actions.dropped }
    var refusals: [Batcher.Actions.Refusal] { actions.refusals }

    mutating func arrive(
        _ ticket: Int, of id: UInt64?, start: Bool = false, end: Bool = false, deadline: Int64 = .max
    ) {
        var arrival = Batcher.Arrival(ticket: ticket)
        arrival.sequence = id.map { SequenceMark(id: .number($0), isStart: start, isEnd: end) }
        arrival.deadline = deadline
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

    mutating func cancel(_ ticket: Int) -> Bool {
        actions.removeAll()
        return batcher.cancel(ticket, now: now, &actions)
    }

    mutating func shutdown() {
        actions.removeAll()
        batcher.shutdown(now: now, &actions)
    }
}
