// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The queue of a version that keeps the requests of sequences together: a pure state machine, as ``Batcher`` is.
///
/// A sequence that has a seat offers its oldest request to a batcher, and the next one when that is done: so its
/// requests run one after the other, in the order in which they came, in batches with those of other sequences.
/// Sequences without a seat wait for one with all their requests.
package struct SequenceBatcher {
    /// The requests that have a sequence, by their tickets.
    private struct Request {
        var arrival: Batcher.Arrival
        /// The place of its sequence; nil when the sequence has done with it.
        var sequence: Int?
        var isStart = false
        var isEnd = false
        /// Whether it is in the line of its sequence, and not offered to the batcher yet.
        var isWaiting = false
        var previous: Int?
        var next: Int?
    }

    private struct Sequence {
        var id: SequenceMark.Identifier
        var isLive = true
        var seat: Int?
        /// The ends of the line of its requests.
        var first: Int?
        var last: Int?
        /// The request that the batcher or an instance has.
        var current: Int?
        /// Whether the request that came last ends it.
        var hasEnded = false
        /// Whether the request that comes next is to begin it, as the one that should have was taken back.
        var startsNext = false
        var idleSince: Int64 = 0
    }

    /// How much of the actions was looked at.
    private struct Progress {
        var refusals: Int
        var batches: Int

        init(_ actions: Batcher.Actions) { (refusals, batches) = (actions.refusals.count, actions.batches.count) }
    }

    private let preservesOrder: Bool
    private let idleTime: Int64
    /// The sequences that may offer requests at one time.
    package let seatCount: Int
    private let mostWaiting: Int
    private var batcher: Batcher
    private var requests: [Request?] = []
    private var sequences: [Sequence] = []
    private var freePlaces: [Int] = []
    /// The seats that are free, the lowest last.
    private var freeSeats: [Int]
    private var known: [SequenceMark.Identifier: Int] = [:]
    /// Sequences without a seat, the oldest first.
    private var backlog = IndexList()
    /// Sequences without a request, the one that has waited longest first.
    private var idle = IndexList()
    /// The tickets of the batch that each instance runs.
    private var running: [[Int]]
    private var waitingCount = 0
    private var nextDeadline = Int64.max
    private var lastSweep = Int64.min
    /// What has become of sequences so far.
    package private(set) var counts = SequenceCounts()

    /// Makes an empty queue for batches of at most so many rows, or of single requests without a maximum size; more
    /// sequences than may wait for a seat are refused.
    package init(policy: SequencePolicy, maximumSize: Int?, instanceCount: Int, mostWaiting: Int = 1_024) {
        let rules = policy.batchPolicy(maximumSize: maximumSize ?? 1)
        preservesOrder = rules.preservesOrder
        idleTime = max(1, policy.maximumIdle.wholeNanoseconds)
        seatCount = policy.seatCount(maximumSize: maximumSize ?? 1, instanceCount: instanceCount)
        self.mostWaiting = mostWaiting
        batcher = Batcher(policy: rules, maximumSize: maximumSize)
        freeSeats = Array((0..<seatCount).reversed())
        running = [[Int]](repeating: [], count: instanceCount)
    }

    /// The requests in the queue.
    package var count: Int { waitingCount + batcher.count }

    /// The sequences that have a seat.
    package var activeCount: Int { seatCount - freeSeats.count }

    /// The sequences that wait for a seat.
    package var backlogCount: Int { backlog.count }

    /// When ``timer(now:_:)`` is to be called at the latest, if nothing else happens before.
    package var nextTimer: Int64? {
        var next = batcher.nextTimer ?? .max
        if let first = idle.first { next = min(next, end(ofIdle: first)) }
        if nextDeadline < .max { next = min(next, max(nextDeadline, lastSweep &+ Self.sweepInterval)) }
        return next == .max ? nil : next
    }

    private static let sweepInterval: Int64 = 1_000_000

    // MARK: - Inputs

    /// A request comes, which has to name its sequence.
    package mutating func arrive(_ arrival: Batcher.Arrival, now: Int64, _ actions: inout Batcher.Actions) {
        var progress = Progress(actions)
        while requests.count <= arrival.ticket { requests.append(nil) }
        requests[arrival.ticket] = nil
        func refuse(_ reason: Batcher.RefusalReason) {
            actions.refusals.append(Batcher.Actions.Refusal(ticket: arrival.ticket, reason: reason))
        }
        guard let mark = arrival.sequence else { return refuse(.notStarted) }
        let place: Int
        if let old = known[mark.id] {
            place = old
            if sequences[old].hasEnded {
                // The next of the same name comes after the last request of this one.
                guard mark.isStart else { return refuse(.notStarted) }
                counts.ended += 1
                counts.started += 1
            } else if mark.isStart {
                counts.restarted += 1
            }
        } else {
            guard mark.isStart else { return refuse(.notStarted) }
            guard !freeSeats.isEmpty || backlog.count < mostWaiting else { return refuse(.tooManySequences) }
            place = open(mark.id)
        }
        var request = Request(arrival: arrival, sequence: place)
        request.isStart = mark.isStart || sequences[place].startsNext
        request.isEnd = mark.isEnd
        sequences[place].startsNext = false
        link(request, arrival.ticket, to: place)
        sequences[place].hasEnded = mark.isEnd
        offer(place, now, &actions)
        settle(&progress, now, &actions)
    }

    /// An instance waits for a batch, having done with the one it had.
    package mutating func instanceFree(_ instance: Int, now: Int64, _ actions: inout Batcher.Actions) {
        var progress = Progress(actions)
        for ticket in running[instance] {
            guard let place = requests[ticket]?.sequence, sequences[place].current == ticket else { continue }
            requests[ticket] = nil
            sequences[place].current = nil
            goOn(place, now, &actions)
        }
        running[instance].removeAll(keepingCapacity: true)
        batcher.instanceFree(instance, now: now, &actions)
        settle(&progress, now, &actions)
    }

    /// The time that was asked for has come.
    package mutating func timer(now: Int64, _ actions: inout Batcher.Actions) {
        var progress = Progress(actions)
        if nextDeadline <= now, lastSweep &+ Self.sweepInterval <= now { sweep(now, &actions) }
        while let place = idle.first, end(ofIdle: place) <= now {
            counts.idle += 1
            close(place, now, &actions)
        }
        batcher.timer(now: now, &actions)
        settle(&progress, now, &actions)
    }

    /// A request is taken back; false when it was not in the queue any more.
    package mutating func cancel(_ ticket: Int, now: Int64, _ actions: inout Batcher.Actions) -> Bool {
        guard requests.indices.contains(ticket), let request = requests[ticket], let place = request.sequence else {
            return false
        }
        var progress = Progress(actions)
        guard request.isWaiting || batcher.cancel(ticket) else { return false }
        withdraw(ticket, from: place, now, &actions)
        settle(&progress, now, &actions)
        return true
    }

    /// Nothing more will come: every sequence ends with the requests it has.
    package mutating func shutdown(now: Int64, _ actions: inout Batcher.Actions) {
        var progress = Progress(actions)
        for place in sequences.indices where sequences[place].isLive {
            if !sequences[place].hasEnded { counts.closed += 1 }
            sequences[place].hasEnded = true
        }
        for place in sequences.indices where sequences[place].isLive && isEmpty(place) { close(place, now, &actions) }
        batcher.shutdown(now: now, &actions)
        settle(&progress, now, &actions)
    }

    // MARK: - Sequences

    private func end(ofIdle place: Int) -> Int64 {
        let since = sequences[place].idleSince
        return idleTime > .max - since ? .max : since + idleTime
    }

    private func isEmpty(_ place: Int) -> Bool { sequences[place].first == nil && sequences[place].current == nil }

    /// A new sequence, on the lowest seat that is free or in the backlog.
    private mutating func open(_ id: SequenceMark.Identifier) -> Int {
        let place = freePlaces.popLast() ?? sequences.count
        var sequence = Sequence(id: id)
        sequence.seat = freeSeats.popLast()
        if place == sequences.count { sequences.append(sequence) } else { sequences[place] = sequence }
        if sequence.seat == nil { backlog.append(place) }
        known[id] = place
        counts.started += 1
        return place
    }

    /// Forgets a sequence without requests and what was kept for it, and gives its seat to one that waits.
    private mutating func close(_ place: Int, _ now: Int64, _ actions: inout Batcher.Actions) {
        actions.dropped.append(place)
        let sequence = sequences[place]
        if known[sequence.id] == place { known[sequence.id] = nil }
        sequences[place].isLive = false
        idle.remove(place)
        backlog.remove(place)
        freePlaces.append(place)
        guard let seat = sequence.seat else { return }
        sequences[place].seat = nil
        guard let next = backlog.first else {
            var (low, high) = (0, freeSeats.count)
            while low < high {
                let middle = (low + high) / 2
                if freeSeats[middle] > seat { low = middle + 1 } else { high = middle }
            }
            freeSeats.insert(seat, at: low)
            return
        }
        backlog.remove(next)
        sequences[next].seat = seat
        offer(next, now, &actions)
    }

    /// Offers the next request of a sequence that has done with the one before; without one it is idle, or over.
    private mutating func goOn(_ place: Int, _ now: Int64, _ actions: inout Batcher.Actions) {
        guard isEmpty(place) else { return offer(place, now, &actions) }
        if sequences[place].hasEnded {
            counts.ended += 1
            close(place, now, &actions)
        } else {
            sequences[place].idleSince = now
            idle.append(place)
        }
    }

    /// Hands the oldest request of a sequence to the batcher, where it may.
    private mutating func offer(_ place: Int, _ now: Int64, _ actions: inout Batcher.Actions) {
        guard sequences[place].seat != nil, sequences[place].current == nil, let ticket = sequences[place].first,
            var arrival = requests[ticket]?.arrival
        else { return }
        unlink(ticket, from: place)
        sequences[place].current = ticket
        arrival.size = 1
        batcher.arrive(arrival, now: now, &actions)
    }

    /// Takes a request away from its sequence that will not run.
    private mutating func withdraw(_ ticket: Int, from place: Int, _ now: Int64, _ actions: inout Batcher.Actions) {
        guard let request = requests[ticket] else { return }
        let successor = request.isWaiting ? request.next : sequences[place].first
        if request.isStart {
            if let successor { requests[successor]?.isStart = true } else { sequences[place].startsNext = true }
        }
        if request.isWaiting { unlink(ticket, from: place) } else { sequences[place].current = nil }
        requests[ticket] = nil
        if !request.isWaiting || isEmpty(place) { goOn(place, now, &actions) }
    }

    // MARK: - Lines

    private mutating func link(_ request: Request, _ ticket: Int, to place: Int) {
        var request = request
        idle.remove(place)
        request.isWaiting = true
        request.previous = sequences[place].last
        if let last = sequences[place].last { requests[last]?.next = ticket } else { sequences[place].first = ticket }
        sequences[place].last = ticket
        requests[ticket] = request
        waitingCount += 1
        nextDeadline = min(nextDeadline, request.arrival.deadline)
    }

    private mutating func unlink(_ ticket: Int, from place: Int) {
        guard let request = requests[ticket], request.isWaiting else { return }
        if let previous = request.previous {
            requests[previous]?.next = request.next
        } else {
            sequences[place].first = request.next
        }
        if let next = request.next {
            requests[next]?.previous = request.previous
        } else {
            sequences[place].last = request.previous
        }
        requests[ticket]?.isWaiting = false
        requests[ticket]?.previous = nil
        requests[ticket]?.next = nil
        waitingCount -= 1
    }

    /// Refuses the requests in lines whose callers have stopped waiting.
    private mutating func sweep(_ now: Int64, _ actions: inout Batcher.Actions) {
        lastSweep = now
        nextDeadline = .max
        var late: [(ticket: Int, place: Int)] = []
        for place in sequences.indices where sequences[place].isLive {
            var next = sequences[place].first
            while let ticket = next, let request = requests[ticket] {
                if request.arrival.deadline <= now {
                    late.append((ticket, place))
                } else {
                    nextDeadline = min(nextDeadline, request.arrival.deadline)
                }
                next = request.next
            }
        }
        for (ticket, place) in late where requests[ticket]?.isWaiting ?? false {
            actions.refusals.append(Batcher.Actions.Refusal(ticket: ticket, reason: .deadline))
            withdraw(ticket, from: place, now, &actions)
        }
    }

    // MARK: - What the batcher said

    /// Takes note of the batches and refusals that are new, and of those which that leads to.
    private mutating func settle(_ progress: inout Progress, _ now: Int64, _ actions: inout Batcher.Actions) {
        while true {
            if progress.batches < actions.batches.count {
                progress.batches += 1
                note(actions.batches[progress.batches - 1], &actions)
            } else if progress.refusals < actions.refusals.count {
                progress.refusals += 1
                let ticket = actions.refusals[progress.refusals - 1].ticket
                guard requests.indices.contains(ticket), let place = requests[ticket]?.sequence else { continue }
                withdraw(ticket, from: place, now, &actions)
            } else {
                return
            }
        }
    }

    private mutating func note(_ batch: Batcher.Actions.Batch, _ actions: inout Batcher.Actions) {
        if !preservesOrder {
            // In the order of their seats sequences that run together again find their states side by side.
            actions.tickets[batch.tickets].sort { seat(of: $0) < seat(of: $1) }
        }
        running[batch.instance].append(contentsOf: actions.tickets[batch.tickets])
        for ticket in actions.tickets[batch.tickets] {
            guard let request = requests[ticket], let place = request.sequence else { continue }
            actions.rows.append(SequenceRow(sequence: place, isStart: request.isStart, isEnd: request.isEnd))
        }
    }

    private func seat(of ticket: Int) -> Int {
        requests[ticket]?.sequence.flatMap { sequences[$0].seat } ?? .max
    }
}
