// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The queue of a version and the rule that makes batches of it: a pure state machine.
///
/// It owns no clock, no lock and no memory of requests. A request is a ticket, a small number that its caller uses
/// again when the request is over. Every input is given the time in nanoseconds and adds what is to be done to the
/// actions.
package struct Batcher {
    /// A request that joins the queue.
    package struct Arrival {
        /// The request's number.
        package var ticket: Int
        /// The rows it brings to a batch, at least 1.
        package var size = 1
        /// Equal for requests that may share a batch.
        package var shape = 0
        /// The level it asks for; 0: the default.
        package var priority: UInt64 = 0
        /// The time it may wait, in nanoseconds, where requests may say so.
        package var timeout: Int64?
        /// When its caller stops waiting.
        package var deadline = Int64.max
        /// Where it stands in a sequence of requests.
        package var sequence: SequenceMark?

        /// Makes an arrival.
        package init(ticket: Int) { self.ticket = ticket }
    }

    let policy: BatchPolicy
    /// The most rows of a batch; nil: every request runs alone.
    let maximumSize: Int?
    let delay: Int64
    var entries: [Entry] = []
    var levels: [Level] = []
    private var idle: [Int] = []
    private var candidate = Candidate()
    private var isShuttingDown = false
    /// A time at or before the first at which a request's time is over.
    var nextExpiry = Int64.max
    private var lastSweep = Int64.min
    /// When the delay of the batch that is being gathered is over.
    private var nextDelay = Int64.max
    /// What holds the objective; nil without one.
    private var keeper: ObjectiveKeeper?
    /// Until when the batch at hand is gathered for the objective.
    private var gathersUntil: Int64?
    /// The first request of the batch that is, its rows at first, and those hoped for.
    private var gathered: (first: Int?, size: Int, rows: Int)?
    /// The number of levels of priority that are remembered.
    package var levelCount: Int { levels.count }
    /// The number of requests in the queue.
    package internal(set) var count = 0

    /// Makes an empty queue; without a maximum size every request runs alone.
    package init(policy: BatchPolicy, maximumSize: Int?) {
        self.policy = policy
        self.maximumSize = maximumSize
        delay = maximumSize == nil ? 0 : policy.maximumDelay.wholeNanoseconds
        keeper = maximumSize == nil ? nil : policy.objective.map { ObjectiveKeeper($0) }
    }

    /// When ``timer(now:_:)`` is to be called at the latest, if nothing else happens before.
    package var nextTimer: Int64? {
        let sweep = nextExpiry == .max ? .max : max(nextExpiry, lastSweep &+ Self.sweepInterval)
        let next = min(sweep, idle.isEmpty ? .max : nextDelay)
        return next == .max ? nil : next
    }

    /// A request comes.
    package mutating func arrive(_ arrival: Arrival, now: Int64, _ actions: inout Actions) {
        let priority = level(of: arrival.priority)
        let rules = policy.queuePolicy(ofLevel: priority)
        let position = position(ofLevel: priority)
        guard rules.maximumSize <= 0 || levels[position].count < rules.maximumSize else {
            actions.refusals.append(Actions.Refusal(ticket: arrival.ticket, reason: .queueFull))
            return
        }
        var time = rules.defaultTimeout.wholeNanoseconds
        if rules.allowsTimeoutOverride, let own = arrival.timeout, own > 0 { time = time > 0 ? min(time, own) : own }
        var entry = Entry(size: arrival.size, shape: arrival.shape, level: priority, arrived: now)
        entry.deadline = arrival.deadline
        entry.isDelayable = rules.timeoutAction == .delay
        if time > 0 { entry.expiry = time > .max - now ? .max : now + time }
        keeper?.noteArrival(rows: arrival.size, now: now)
        enqueue(entry, as: arrival.ticket, at: position)
        nextExpiry = min(nextExpiry, entry.expiry, entry.deadline)
        dispatch(now, &actions)
    }

    /// The time that was asked for has come.
    package mutating func timer(now: Int64, _ actions: inout Actions) {
        if nextExpiry <= now, lastSweep &+ Self.sweepInterval <= now { sweep(now, &actions) }
        dispatch(now, &actions)
    }

    /// An instance waits for a batch.
    package mutating func instanceFree(_ instance: Int, now: Int64, _ actions: inout Actions) {
        idle.append(instance)
        if instance >= keeper?.instances ?? .max { keeper?.instances = instance + 1 }
        dispatch(now, &actions)
    }

    /// A batch of so many rows has run for so long, from its inputs to its outputs.
    package mutating func learn(size: Int, nanoseconds: Int64) { keeper?.learn(size: size, nanoseconds: nanoseconds) }

    /// A request was answered after so long.
    package mutating func noteLatency(_ nanoseconds: Int64) { keeper?.noteLatency(nanoseconds) }

    /// A request is taken back; false when it was not in the queue any more.
    package mutating func cancel(_ ticket: Int) -> Bool {
        guard entries.indices.contains(ticket), entries[ticket].isQueued else { return false }
        remove(ticket)
        return true
    }

    /// Nothing more will come worth waiting for: what is queued is sent as instances become free.
    package mutating func shutdown(now: Int64, _ actions: inout Actions) {
        isShuttingDown = true
        dispatch(now, &actions)
    }

    private func level(of priority: UInt64) -> UInt64 {
        guard policy.priorityLevels > 0 else { return 0 }
        return priority == 0 || priority > policy.priorityLevels ? policy.defaultPriority : priority
    }

    // MARK: - Batches

    private mutating func dispatch(_ now: Int64, _ actions: inout Actions) {
        nextDelay = .max
        while !idle.isEmpty, count > 0 {
            gather(now, &actions)
            guard !candidate.tickets.isEmpty else { return }
            guard let closing = closing(now) else {
                nextDelay = gathersUntil ?? (delay > .max - candidate.oldest ? .max : candidate.oldest + delay)
                return
            }
            let first = actions.tickets.count
            for ticket in candidate.tickets {
                remove(ticket)
                actions.tickets.append(ticket)
            }
            let instance = idle.removeLast()
            actions.batches.append(
                Actions.Batch(
                    instance: instance, tickets: first..<actions.tickets.count, size: candidate.size, closing: closing))
        }
    }

    /// Looks for the requests of the next batch, from the front of the queue.
    private mutating func gather(_ now: Int64, _ actions: inout Actions) {
        candidate.removeAll()
        guard let largest = maximumSize else { return gatherOne(now, &actions) }
        let maximumSize = keeper?.largestSize(upTo: largest) ?? largest
        candidate.limit = maximumSize
        var looks = 4 * maximumSize + 64
        for position in levels.indices {
            var next = front(position, now, &actions)
            while let ticket = next {
                let entry = entries[ticket]
                if candidate.tickets.isEmpty || entry.shape == candidate.shape {
                    guard candidate.tickets.isEmpty || candidate.size + entry.size <= maximumSize else {
                        candidate.isFull = true
                        return
                    }
                    candidate.add(ticket, entry)
                    if policy.preferredSizes.contains(candidate.size) { candidate.markPreferred() }
                    if candidate.size >= maximumSize {
                        candidate.isFull = true
                        return
                    }
                } else if policy.preservesOrder {
                    candidate.isEndedByShape = true
                    return
                }
                looks -= 1
                guard looks > 0 else { return }
                next = successor(ticket, now, &actions)
            }
        }
    }

    private mutating func gatherOne(_ now: Int64, _ actions: inout Actions) {
        for position in levels.indices {
            guard let ticket = front(position, now, &actions) else { continue }
            candidate.add(ticket, entries[ticket])
            return
        }
    }

    /// Why the batch is to be sent now, or nil when it should wait for more.
    private mutating func closing(_ now: Int64) -> Closing? {
        if maximumSize == nil { return .single }
        gathersUntil = nil
        if keeper != nil { return objectiveClosing(now) }
        let isLate = delay > 0 && now - candidate.oldest >= delay
        if !isLate, !isShuttingDown, candidate.cutToPreferred() { return .preferred }
        if candidate.isFull { return .full }
        if let largest = policy.preferredSizes.max(), candidate.size >= largest { return .full }
        if delay <= 0 { return .immediate }
        if policy.minimumSize > 0, candidate.size >= policy.minimumSize { return .preferred }
        if isLate { return .delay }
        if isShuttingDown { return .shutdown }
        return candidate.isEndedByShape ? .shape : nil
    }

    /// As ``closing(_:)`` where the objective decides, which needs no other delay.
    private mutating func objectiveClosing(_ now: Int64) -> Closing? {
        let first = candidate.tickets.first
        var closing = Closing.immediate
        if candidate.isFull {
            closing = candidate.limit == maximumSize ? .full : .objective
        } else if isShuttingDown {
            closing = .shutdown
        } else if candidate.isEndedByShape {
            closing = .shape
        } else if let due = keeper?.due(
            size: candidate.size, oldest: candidate.oldest, now: now, upTo: candidate.limit)
        {
            gathersUntil = due.time
            if gathered?.first != first { gathered = (first, candidate.size, due.rows) }
            return nil
        } else if gathered?.first == first {
            closing = .objective
        }
        var wait: (came: Int, hoped: Int)?
        if let gathered, gathered.first == first {
            wait = (came: candidate.size - gathered.size, hoped: gathered.rows - gathered.size)
        }
        keeper?.noteBatch(wait)
        gathered = nil
        return closing
    }

    // MARK: - Time

    private static let sweepInterval: Int64 = 1_000_000

    /// Looks at every request in the queue for its time.
    private mutating func sweep(_ now: Int64, _ actions: inout Actions) {
        lastSweep = now
        nextExpiry = .max
        for position in levels.indices {
            var next = front(position, now, &actions)
            while let ticket = next {
                let entry = entries[ticket]
                nextExpiry = min(nextExpiry, entry.isDelayed ? .max : entry.expiry, entry.deadline)
                next = successor(ticket, now, &actions)
            }
        }
    }
}
