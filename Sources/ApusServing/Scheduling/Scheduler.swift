// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import ApusTensors

/// The queue of a version with its instances: runs the batcher under a lock and carries out what it says.
final class Scheduler: Timekeeper.Member {
    /// What the lock guards.
    struct State {
        var batcher: Batcher
        var actions = Batcher.Actions()
        var slots: [RequestSlot] = []
        var free: [Int] = []
        var desks: [Desk]
        /// What tasks are told when the lock is open again: the first answer, and the others.
        var answer: Answer?
        var others: [Answer] = []
        var statistics: ModelStatistics
        var order = ResponseOrder<RequestSlot>()
        var isClosed = false
        var runningCount = 0
        var armed = Int64.max
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

    /// What a request's task is told.
    @safe
    struct Answer {
        var continuation: UnsafeContinuation<RequestSlot.Outcome, Never>
        var outcome: RequestSlot.Outcome

        // SAFETY: a slot gives its continuation away once.
        func tell() { unsafe continuation.resume(returning: outcome) }
    }

    let clock: ServingClock
    let meters: VersionMeters
    private let timekeeper: Timekeeper
    private let signals: [Signal]
    private let stops: [StopFlag]
    private let preservesOrder: Bool
    private let mutex: Lock<State>

    init(
        configuration: ModelConfiguration, version: String, clock: ServingClock, timekeeper: Timekeeper,
        meters: VersionMeters
    ) {
        self.clock = clock
        self.timekeeper = timekeeper
        self.meters = meters
        let count = max(1, configuration.instanceCount)
        signals = (0..<count).map { _ in Signal() }
        stops = (0..<count).map { _ in StopFlag() }
        let policy = configuration.batching ?? BatchPolicy()
        preservesOrder = policy.preservesOrder
        let size = configuration.batching != nil && configuration.maxBatchSize > 0 ? configuration.maxBatchSize : nil
        mutex = Lock(
            State(
                batcher: Batcher(policy: policy, maximumSize: size), desks: (0..<count).map { _ in Desk() },
                statistics: ModelStatistics(name: configuration.name, version: version)))
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

    /// Puts the request of a slot into the queue; the continuation hears how it ends.
    func submit(
        _ slot: RequestSlot, _ arrival: Batcher.Arrival, _ continuation: UnsafeContinuation<RequestSlot.Outcome, Never>
    ) {
        let now = clock.now
        change { state in
            unsafe slot.continuation = continuation
            if state.isClosed || slot.isCancelled {
                slot.stage = .finished
                let outcome = slot.isCancelled ? .failed(Self.cancelled) : RequestSlot.Outcome.closed
                answer(slot, outcome, &state)
                return
            }
            slot.stage = .queued
            slot.arrived = now
            state.batcher.arrive(arrival, now: now, &state.actions)
            apply(&state, now)
        }
    }

    /// Takes a request back: from the queue at once, and from an instance as far as others of its batch allow.
    func cancel(_ slot: RequestSlot, generation: UInt64) {
        change { state in
            guard slot.generation == generation else { return }
            switch slot.stage {
            case .taken: slot.isCancelled = true
            case .queued:
                guard state.batcher.cancel(slot.index) else { return }
                slot.stage = .finished
                noteFailure(slot, &state, meters.cancelled)
                meters.drops.cancelled.add()
                meters.pending.set(Int64(state.batcher.count))
                answer(slot, .failed(Self.cancelled), &state)
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

    /// Waits for a batch and moves it into the hands of the instance; false when there will be none.
    func take(_ instance: Int, into hands: inout Desk) -> Bool {
        hands.slots.removeAll(keepingCapacity: true)
        while true {
            let now = clock.now
            let isOver: Bool? = change { state in
                if !state.desks[instance].hasBatch {
                    if state.isClosed, state.batcher.count == 0 { return true }
                    return false
                }
                swap(&hands, &state.desks[instance])
                state.desks[instance].hasBatch = false
                state.desks[instance].livingCount = hands.livingCount
                for slot in hands.slots { slot.times.batch = UInt64(max(0, now - slot.dispatched)) }
                return nil
            }
            guard let isOver else { return true }
            if isOver { return false }
            signals[instance].wait()
        }
    }

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
    func finish(_ instance: Int, _ hands: inout Desk, _ record: BatchRecord) {
        let now = clock.now
        change { state in
            state.statistics.add(record, milliseconds: ServingClock.milliseconds)
            if record.runCount == 1 {
                let times = record.times
                let time = Int64(clamping: times.copyIn &+ times.compute &+ times.copyOut)
                state.batcher.learn(size: record.size, nanoseconds: time)
            }
            if preservesOrder {
                for slot in state.order.finish(hands.number, hands.slots) { close(slot, now, &state) }
            } else {
                for slot in hands.slots { close(slot, now, &state) }
            }
            state.runningCount -= 1
            stops[instance].lower()
            state.batcher.instanceFree(instance, now: now, &state.actions)
            apply(&state, now)
        }
        meters.add(record)
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
        meters.leave(slot.byteCount)
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
        guard let continuation = unsafe slot.continuation else { return }
        unsafe slot.continuation = nil
        slot.finish()
        let answer = unsafe Answer(continuation: continuation, outcome: outcome)
        if state.answer == nil { state.answer = answer } else { state.others.append(answer) }
    }

    /// Carries out what the batcher said.
    private func apply(_ state: inout State, _ now: Int64) {
        for refusal in state.actions.refusals { refuse(state.slots[refusal.ticket], refusal.reason, &state) }
        for batch in state.actions.batches { hand(batch, now, &state) }
        state.actions.removeAll()
        meters.pending.set(Int64(state.batcher.count))
        if let next = state.batcher.nextTimer, next < state.armed || state.armed <= now {
            state.armed = next
            timekeeper.call(self, at: next)
        }
        if state.isClosed, state.batcher.count == 0 {
            for signal in signals { signal.raise() }
        }
    }

    private func hand(_ batch: Batcher.Actions.Batch, _ now: Int64, _ state: inout State) {
        let instance = batch.instance
        state.desks[instance].slots.removeAll(keepingCapacity: true)
        for place in batch.tickets {
            let slot = state.slots[state.actions.tickets[place]]
            slot.stage = .running
            slot.instance = instance
            slot.dispatched = now
            slot.times.queue = UInt64(max(0, now - slot.arrived))
            state.desks[instance].slots.append(slot)
        }
        state.desks[instance].number = preservesOrder ? state.order.begin() : 0
        state.desks[instance].size = batch.size
        state.desks[instance].closing = batch.closing
        state.desks[instance].livingCount = batch.tickets.count
        state.desks[instance].hasBatch = true
        state.runningCount += 1
        signals[instance].raise()
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
        }
        answer(slot, .failed(error), &state)
    }

    private func noteFailure(_ slot: RequestSlot, _ state: inout State, _ counter: Counter) {
        counter.add()
        state.statistics.fail.add(UInt64(max(0, clock.now - slot.arrived)))
    }
}
