// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import ApusTensors

/// The queue of a version with its instances: runs the batcher under a lock and carries out what it says.
final class Scheduler: Timekeeper.Member {
    /// What the lock guards.
    struct State {
        var batcher: BatchingRule
        var actions = Batcher.Actions()
        var slots: [RequestSlot] = []
        var free: [Int] = []
        var desks: [Desk]
        /// What receivers are told when the lock is open again: the first answer, and the others.
        var answer: Answer?
        var others: [Answer] = []
        var statistics: ModelStatistics
        var order = ResponseOrder<RequestSlot>()
        var isClosed = false
        var runningCount = 0
        var armed = Int64.max
        /// What requests of the form that came last cost when they run alone.
        var cost = RequestCost()
        /// Instances by their number, once they are warm.
        var runners: [InstanceRunner?]
        /// The instance whose batch the caller is to run when the lock is open again.
        var runsHere: Int?
        var memories = SequenceMemories()
        /// What the instruments show of sequences.
        var sequenceCounts = SequenceCounts()
    }

    /// What an instance is given to do.
    struct Desk {
        var slots: [RequestSlot] = []
        var number = 0
        var size = 0
        var closing = Batcher.Closing.single
        var dispatched: Int64 = 0
        var hasBatch = false
        /// Requests of its batch that somebody still waits for.
        var livingCount = 0
    }

    /// What a request's receiver is told.
    struct Answer {
        var receiver: @Sendable (RequestSlot.Outcome) -> Void
        var outcome: RequestSlot.Outcome

        func tell() { receiver(outcome) }
    }

    /// The batches in a row that a thread runs which only brought a request.
    private static let mostHere = 8

    let clock: ServingClock
    let meters: VersionMeters
    /// What the model is told of sequences; nil for one that knows of none.
    let sequences: SequencePorts?
    private let sequenceMeters: SequenceMeters?
    private let timekeeper: Timekeeper
    private let signals: [Signal]
    private let stops: [StopFlag]
    private let preservesOrder: Bool
    private let mutex: Lock<State>

    init(
        configuration: ModelConfiguration, version: String, clock: ServingClock, timekeeper: Timekeeper,
        meters: VersionMeters, sequences: SequencePorts? = nil, sequenceMeters: SequenceMeters? = nil
    ) {
        self.clock = clock
        self.sequences = sequences
        self.sequenceMeters = sequenceMeters
        self.timekeeper = timekeeper
        self.meters = meters
        let count = max(1, configuration.instanceCount)
        signals = (0..<count).map { _ in Signal() }
        stops = (0..<count).map { _ in StopFlag() }
        let rules = configuration.batching ?? configuration.sequenceBatching?.batchPolicy(maximumSize: 1)
        preservesOrder = rules?.preservesOrder ?? false
        mutex = Lock(
            State(
                batcher: BatchingRule(configuration, instanceCount: count), desks: (0..<count).map { _ in Desk() },
                statistics: ModelStatistics(name: configuration.name, version: version),
                runners: Array(repeating: nil, count: count)))
    }

    /// The statistics so far.
    var statistics: ModelStatistics { mutex.withLock { $0.statistics } }

    // MARK: - Requests

    /// A slot for a request, and the number that tells it from others in the same slot.
    func takeSlot() -> (slot: RequestSlot, generation: UInt64) {
        mutex.withLock { state in
            let slot: RequestSlot
            if let index = state.free.popLast() {
                slot = state.slots[index]
                meters.reusedSlots.add()
            } else {
                slot = RequestSlot(index: state.slots.count)
                state.slots.append(slot)
                meters.newSlots.add()
            }
            slot.stage = .taken
            slot.generation &+= 1
            return (slot, slot.generation)
        }
    }

    /// Gives a slot back whose request is over.
    func giveBack(_ slot: RequestSlot) {
        slot.clear()
        mutex.withLock { state in
            slot.stage = .free
            state.free.append(slot.index)
        }
    }

    /// Puts the request of a slot into the queue; the receiver hears how it ends, perhaps before this returns.
    ///
    /// `mayRunHere`: Whether this thread may run a batch that is cheap and can be run at once.
    func submit(
        _ slot: RequestSlot, _ arrival: Batcher.Arrival, mayRunHere: Bool = false,
        _ receiver: @escaping @Sendable (RequestSlot.Outcome) -> Void
    ) {
        let now = clock.now
        let runner = change { state in
            slot.receiver = receiver
            if state.isClosed || slot.isCancelled {
                slot.stage = .finished
                let outcome = slot.isCancelled ? .failed(Self.cancelled) : RequestSlot.Outcome.closed
                answer(slot, outcome, &state)
                return nil as InstanceRunner?
            }
            slot.stage = .queued
            slot.arrived = now
            state.batcher.arrive(arrival, now: now, &state.actions)
            apply(&state, now, mayRunHere: mayRunHere)
            return takeRunner(now, &state)
        }
        guard let runner else { return }
        for _ in 1..<Self.mostHere where finish(runner, runner.run(), mayRunHere: true) == nil { return }
        finish(runner, runner.run())
    }

    /// What the caller is to run when the lock is open again, with the batch in its hands.
    private func takeRunner(_ now: Int64, _ state: inout State) -> InstanceRunner? {
        guard let instance = state.runsHere.take(), let runner = state.runners[instance] else { return nil }
        pick(runner, now, &state)
        return runner
    }

    /// Takes a request back: from the queue at once, and from an instance as far as others of its batch allow.
    func cancel(_ slot: RequestSlot, generation: UInt64) {
        let now = clock.now
        change { state in
            guard slot.generation == generation else { return }
            switch slot.stage {
            case .taken: slot.isCancelled = true
            case .queued:
                guard state.batcher.cancel(slot.index, now: now, &state.actions) else { return }
                slot.stage = .finished
                noteFailure(slot, &state, meters.cancelled)
                meters.drops.cancelled.add()
                answer(slot, .failed(Self.cancelled), &state)
                apply(&state, now)
            case .running:
                slot.stage = .abandoned
                noteFailure(slot, &state, meters.cancelled)
                answer(slot, .abandoned(Self.cancelled), &state)
                state.desks[slot.instance].livingCount -= 1
                if state.desks[slot.instance].livingCount == 0 { stops[slot.instance].raise() }
            case .free, .abandoned, .finished: break
            }
        }
    }

    private static let cancelled = ServingError(.cancelled, "the request was cancelled")

    /// Notes a request that was answered from the cache.
    func noteCacheHit(_ nanoseconds: UInt64) {
        mutex.withLock { $0.statistics.addCacheHit(nanoseconds) }
        meters.addCacheHit(nanoseconds)
    }

    /// Notes what looking in vain took, or storing.
    func noteCacheMiss(_ nanoseconds: UInt64, isNew: Bool) {
        mutex.withLock { $0.statistics.cacheMiss.add(nanoseconds, count: isNew ? 1 : 0) }
        meters.addCacheMiss(nanoseconds, isNew: isNew)
    }

    // MARK: - Instances

    /// Waits for a batch and moves it into the hands of an instance; false when there will be none.
    func take(_ runner: InstanceRunner) -> Bool {
        while true {
            let now = clock.now
            let isOver: Bool? = change { state in
                if !state.desks[runner.index].hasBatch {
                    guard state.isClosed, state.batcher.count == 0 else { return false }
                    state.runners[runner.index] = nil
                    return true
                }
                pick(runner, now, &state)
                return nil
            }
            guard let isOver else { return true }
            if isOver { return false }
            signals[runner.index].wait()
        }
    }

    /// Moves the batch of an instance into its hands.
    private func pick(_ runner: InstanceRunner, _ now: Int64, _ state: inout State) {
        runner.hands.slots.removeAll(keepingCapacity: true)
        swap(&runner.hands, &state.desks[runner.index])
        state.desks[runner.index].hasBatch = false
        state.desks[runner.index].livingCount = runner.hands.livingCount
        for slot in runner.hands.slots { slot.times.batch = UInt64(max(0, now - slot.dispatched)) }
    }

    /// Makes known what runs the batches of an instance, so that other threads than its own can.
    func adopt(_ runner: InstanceRunner) { mutex.withLock { $0.runners[runner.index] = runner } }

    /// Notes that an instance waits for a batch.
    func instanceFree(_ instance: Int) {
        let now = clock.now
        change { state in
            stops[instance].lower()
            state.batcher.instanceFree(instance, now: now, &state.actions)
            apply(&state, now)
        }
    }

    /// Whether everybody has gone who waited for what an instance runs.
    func isStopped(_ instance: Int) -> Bool { stops[instance].isRaised }

    /// An instance is done with a batch: its requests are answered, and it waits for another.
    ///
    /// - Returns: The instance that the caller is to run next, which can only be where it may.
    @discardableResult
    func finish(_ runner: InstanceRunner, _ record: BatchRecord, mayRunHere: Bool = false) -> InstanceRunner? {
        let now = clock.now
        let instance = runner.index
        let next = change { state in
            state.statistics.add(record, milliseconds: ServingClock.milliseconds)
            if let slot = runner.hands.slots.first, runner.hands.slots.count == 1 {
                state.cost.note(slot, record.times)
            }
            if record.runCount == 1 {
                let times = record.times
                let time = Int64(clamping: times.copyIn &+ times.compute &+ times.copyOut)
                state.batcher.learn(size: record.size, nanoseconds: time)
            }
            if preservesOrder {
                for slot in state.order.finish(runner.hands.number, runner.hands.slots) { close(slot, now, &state) }
            } else {
                for slot in runner.hands.slots { close(slot, now, &state) }
            }
            state.runningCount -= 1
            stops[instance].lower()
            state.batcher.instanceFree(instance, now: now, &state.actions)
            apply(&state, now, mayRunHere: mayRunHere)
            return takeRunner(now, &state)
        }
        meters.add(record)
        return next
    }

    /// Answers a request that has run.
    private func close(_ slot: RequestSlot, _ now: Int64, _ state: inout State) {
        guard slot.stage == .running else {
            slot.stage = .free
            recycle(slot, &state)
            return
        }
        slot.stage = .finished
        let total = UInt64(max(0, now - slot.arrived))
        if let failure = slot.failure {
            noteFailure(slot, &state, meters.failed)
            answer(slot, .failed(failure), &state)
        } else {
            state.statistics.addSuccess(slot.times, batchSize: slot.batchSize, total: total)
            meters.addSuccess(slot.times, batchSize: slot.batchSize, total: total)
            state.batcher.noteLatency(Int64(clamping: total))
            answer(slot, .done, &state)
        }
    }

    private func recycle(_ slot: RequestSlot, _ state: inout State) {
        meters.leave(slot.byteCount, isPart: slot.isPart)
        slot.clear()
        state.free.append(slot.index)
    }

    // MARK: - Time and the end

    func timeHasCome() {
        let now = clock.now
        change { state in
            state.armed = .max
            state.batcher.timer(now: now, &state.actions)
            apply(&state, now)
        }
    }

    /// Takes no more requests; those in the queue still run, and then the instances go.
    func close() {
        let now = clock.now
        change { state in
            state.isClosed = true
            state.batcher.shutdown(now: now, &state.actions)
            apply(&state, now)
        }
        for signal in signals { signal.raise() }
    }

    // MARK: - Under the lock

    /// Changes the state, and answers requests when the lock is open again.
    @discardableResult
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        var first: Answer?
        var others: [Answer] = []
        let result = mutex.withLock { state in
            let result = body(&state)
            swap(&first, &state.answer)
            if !state.others.isEmpty { swap(&others, &state.others) }
            return result
        }
        first?.tell()
        guard !others.isEmpty else { return result }
        for answer in others { answer.tell() }
        others.removeAll(keepingCapacity: true)
        // The memory goes back, so that the next batch need not have it anew.
        mutex.withLock { state in
            if state.others.isEmpty { swap(&others, &state.others) }
        }
        return result
    }

    private func answer(_ slot: RequestSlot, _ outcome: RequestSlot.Outcome, _ state: inout State) {
        guard let receiver = slot.receiver else { return }
        slot.receiver = nil
        slot.finish()
        let answer = Answer(receiver: receiver, outcome: outcome)
        if state.answer == nil { state.answer = answer } else { state.others.append(answer) }
    }

    /// Carries out what the batcher said.
    private func apply(_ state: inout State, _ now: Int64, mayRunHere: Bool = false) {
        state.memories.drop(state.actions.dropped)
        for refusal in state.actions.refusals { refuse(state.slots[refusal.ticket], refusal.reason, &state) }
        for batch in state.actions.batches { hand(batch, now, mayRunHere: mayRunHere, &state) }
        state.actions.removeAll()
        meters.pending.set(Int64(state.batcher.count))
        sequenceMeters?.note(state.batcher, since: &state.sequenceCounts)
        if let next = state.batcher.nextTimer, next < state.armed || state.armed <= now {
            state.armed = next
            timekeeper.call(self, at: next)
        }
        if state.isClosed, state.batcher.count == 0 {
            for signal in signals { signal.raise() }
        }
    }

    private func hand(_ batch: Batcher.Actions.Batch, _ now: Int64, mayRunHere: Bool, _ state: inout State) {
        let instance = batch.instance
        state.desks[instance].slots.removeAll(keepingCapacity: true)
        for place in batch.tickets {
            let slot = state.slots[state.actions.tickets[place]]
            slot.stage = .running
            slot.instance = instance
            slot.dispatched = now
            slot.times.queue = UInt64(max(0, now - slot.arrived))
            if place < state.actions.rows.count { state.memories.attach(state.actions.rows[place], to: slot) }
            state.desks[instance].slots.append(slot)
        }
        state.desks[instance].number = preservesOrder ? state.order.begin() : 0
        state.desks[instance].size = batch.size
        state.desks[instance].closing = batch.closing
        state.desks[instance].livingCount = batch.tickets.count
        state.desks[instance].hasBatch = true
        state.runningCount += 1
        if mayRunHere, state.runsHere == nil, state.runners[instance] != nil, batch.tickets.count == 1,
            let slot = state.desks[instance].slots.first, state.cost.isSmall(for: slot)
        {
            state.runsHere = instance
        } else {
            signals[instance].raise()
        }
    }

    private func refuse(_ slot: RequestSlot, _ reason: Batcher.RefusalReason, _ state: inout State) {
        slot.stage = .finished
        let error: ServingError
        switch reason {
        case .queueFull:
            meters.drops.queueFull.add()
            error = ServingError(.unavailable, "Exceeds maximum queue size", retryAfter: .seconds(1))
        case .timeout:
            meters.drops.timeout.add()
            noteFailure(slot, &state, meters.rejected)
            error = ServingError(.unavailable, "Request timeout expired", retryAfter: .seconds(1))
        case .deadline:
            meters.drops.deadline.add()
            noteFailure(slot, &state, meters.rejected)
            error = ServingError(.deadlineExceeded, "the request's deadline passed while it was in the queue")
        case .notStarted:
            noteFailure(slot, &state, meters.otherwise)
            error = SequencePorts.notStarted(slot, state.statistics.name)
        case .tooManySequences:
            meters.drops.queueFull.add()
            error = SequencePorts.tooMany(slot, state.statistics.name)
        }
        answer(slot, .failed(error), &state)
    }

    private func noteFailure(_ slot: RequestSlot, _ state: inout State, _ counter: Counter) {
        counter.add()
        state.statistics.fail.add(UInt64(max(0, clock.now - slot.arrived)))
    }
}
