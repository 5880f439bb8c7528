// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTelemetry

/// Keeps models in memory within a budget: loads one when it is first asked for, and has others go for it.
package final class Residency: Sendable {
    /// What a request that waited is told.
    private enum Word: Sendable {
        case inside
        case refused(ServingError)
    }

    private struct Failure {
        var error: ServingError
        var until: Int64
    }

    private struct State {
        var table: ResidencyTable
        var waiters: [Int: Waiter<Word>] = [:]
        var nextTicket = 0
        var failures: [String: Failure] = [:]
        var perform: @Sendable (ResidencyTable.Action) -> Void = { _ in }
    }

    /// How models are kept.
    package struct Options: Sendable {
        /// The bytes all models together may take.
        package var budgetBytes: Int
        /// Models that stay once they are loaded, and are loaded at the start.
        package var pinned: Set<String> = []
        /// The most requests that may wait for one model.
        package var mostWaiting = 256
        /// How long a load waits before a model in use takes no more requests, so that it can go.
        package var patience = Duration.seconds(1)
        /// How long a model that failed to load is not tried again.
        package var pause = Duration.seconds(5)

        /// Keeps models within so many bytes.
        package init(budgetBytes: Int) { self.budgetBytes = budgetBytes }
    }

    let options: Options
    private let clock: ServingClock
    private let timekeeper: Timekeeper
    private let waiting: Admission
    private let state: Lock<State>
    private let alarm = Alarm()

    /// Keeps no models yet.
    package init(_ options: Options, serving: ServingOptions, clock: ServingClock, metrics: MetricsRegistry) {
        self.options = options
        self.clock = clock
        timekeeper = Timekeeper(clock: clock)
        waiting = Admission(
            maximumRequests: serving.maximumRequests, maximumBytes: serving.maximumRequestBytes)
        state = Lock(
            State(
                table: ResidencyTable(
                    budget: options.budgetBytes, mostWaiting: options.mostWaiting, patience: options.patience)))
        metrics.instrument(ResidencyMetrics.budget).set(Int64(options.budgetBytes))
        let used = metrics.instrument(ResidencyMetrics.used)
        metrics.prepare { [weak self] in if let self { used.set(Int64(self.usedByteCount)) } }
        alarm.residency = self
    }

    /// Says who loads and evicts, on a thread of its own.
    package func connect(perform: @escaping @Sendable (ResidencyTable.Action) -> Void) {
        state.withLock { $0.perform = perform }
    }

    /// What models in memory take has been measured again.
    func measured(_ sizes: [String: Int]) {
        state.withLock { state in
            for (name, byteCount) in sizes { state.table.measured(name, byteCount: byteCount) }
        }
    }

    /// The bytes of the models in memory.
    package var usedByteCount: Int { state.withLock { $0.table.usedByteCount } }

    /// Whether a model is loaded when it is asked for; not while it is known to fail.
    package func serves(_ model: String) -> Bool {
        let now = clock.now
        return state.withLock { $0.table.phase(of: model) != nil && ($0.failures[model]?.until ?? .min) <= now }
    }

    // MARK: - Requests

    /// Counts a request in, after its model is in memory; every one that was let in has to leave.
    ///
    /// - Throws: ``ServingError`` with code `resourceExhausted` when the model does not fit or too many wait for it,
    ///   `deadlineExceeded`, `cancelled`, or why the model did not load.
    /// - Returns: Whether it was counted in: a model that is not kept here counts nothing.
    package func enter(_ request: InferenceRequest) async throws(ServingError) -> Bool {
        try await enter(request.model, prefix: request.prefix, byteCount: request.byteCount) {
            request.deadline(by: clock)
        }
    }

    /// Counts in somebody who wants to know something of a model.
    ///
    /// - Throws: ``ServingError`` as for a request.
    package func enter(_ model: String) async throws(ServingError) -> Bool {
        try await enter(model, prefix: "", byteCount: 0) { nil }
    }

    private func enter(
        _ model: String, prefix: String, byteCount: Int, deadline: () -> Int64?
    ) async throws(ServingError) -> Bool {
        let now = clock.now
        let waiter = Waiter<Word>()
        var ticket = 0
        let entry: ResidencyTable.Entry = change { state, actions in
            if state.table.phase(of: model) == .absent, let failure = state.failures[model] {
                guard failure.until <= now else { return .unknown }
                state.failures[model] = nil
            }
            ticket = state.nextTicket
            state.nextTicket &+= 1
            state.waiters[ticket] = waiter
            let entry = state.table.enter(model, ticket, now: now, &actions)
            if entry != .waits { state.waiters[ticket] = nil }
            return entry
        }
        switch entry {
        case .inside: return true
        case .unknown:
            if var error = failure(of: model, now) {
                error.message = prefix + error.message
                throw error
            }
            // Nobody knows it, or it was loaded without a budget: whoever looks for it next says so.
            return false
        case .full:
            throw ServingError(
                .resourceExhausted,
                "\(prefix)as many requests wait for model '\(model)' to be loaded as may, which is "
                    + "\(options.mostWaiting)", retryAfter: .seconds(1))
        case .waits: break
        }
        if waiting.enter(byteCount: byteCount) != nil {
            abandon(ticket, model)
            throw ServingError(
                .resourceExhausted, "\(prefix)too many requests wait for models to be loaded", retryAfter: .seconds(1))
        }
        let outcome = await waiter.wait(until: deadline(), timekeeper)
        waiting.leave(byteCount: byteCount)
        switch outcome {
        case .told(.inside): return true
        case .told(.refused(var error)):
            error.message = prefix + error.message
            throw error
        case .deadline:
            abandon(ticket, model)
            throw ServingError(
                .deadlineExceeded, "\(prefix)the request's deadline passed while model '\(model)' was being loaded")
        case .cancelled:
            abandon(ticket, model)
            throw ServingError(.cancelled, "the request was cancelled")
        }
    }

    /// Counts out a request that was let in.
    package func leave(_ model: String) {
        let now = clock.now
        change { state, actions in state.table.leave(model, now: now, &actions) }
    }

    /// A wait is over on the task's side.
    private func abandon(_ ticket: Int, _ model: String) {
        state.withLock { state in
            _ = state.table.cancel(ticket, of: model)
            state.waiters[ticket] = nil
        }
    }

    private func failure(of model: String, _ now: Int64) -> ServingError? {
        state.withLock { state in
            guard let failure = state.failures[model], failure.until > now else { return nil }
            return failure.error
        }
    }

    // MARK: - Models

    /// A model may be loaded when it is asked for; the bytes are what its files say it takes.
    package func know(_ model: String, byteCount: Int) {
        state.withLock { state in
            state.failures[model] = nil
            state.table.know(model, byteCount: byteCount, isPinned: options.pinned.contains(model))
        }
    }

    /// A model is not to be loaded any more.
    package func forget(_ model: String) {
        let now = clock.now
        let error = ServingError(.notFound, "Request for unknown model: '\(model)' has no available versions")
        change { state, actions in
            state.failures[model] = nil
            let waiting = state.table.forget(model, now: now, &actions)
            tell(waiting, .refused(error), &state)
        }
    }

    /// A model is in memory.
    ///
    /// - Throws: ``ServingError`` with code `resourceExhausted` when it does not fit, and will be evicted.
    package func loaded(_ model: String, byteCount: Int, isPinned: Bool) throws(ServingError) {
        let now = clock.now
        let fits = change { state, actions in
            state.failures[model] = nil
            return state.table.loaded(
                model, byteCount: byteCount, isPinned: isPinned || options.pinned.contains(model), now: now, &actions)
        }
        if !fits { throw tooLarge(model, byteCount, nil) }
    }

    /// A model that has to go before one is loaded that somebody asked for by name; nil when there is room, or nothing
    /// that may go.
    func victim(for model: String, byteCount: Int) -> String? {
        state.withLock { $0.table.victim(for: model, byteCount: byteCount) }
    }

    /// A model could not be loaded: whoever asks in the time to come hears the same.
    package func failed(_ model: String, _ error: ServingError) {
        let now = clock.now
        change { state, actions in
            state.failures[model] = Failure(error: error, until: now + options.pause.wholeNanoseconds)
            let waiting = state.table.failed(model, now: now, &actions)
            tell(waiting, .refused(error), &state)
        }
    }

    /// A model is out of memory.
    package func evicted(_ model: String) {
        let now = clock.now
        change { state, actions in state.table.evicted(model, now: now, &actions) }
    }

    fileprivate func timeHasCome() {
        let now = clock.now
        change { state, actions in state.table.timer(now: now, &actions) }
    }

    // MARK: - Under the lock

    @discardableResult
    private func change<Result>(_ body: (inout State, inout [ResidencyTable.Action]) -> Result) -> Result {
        let (result, actions, perform, timer) = state.withLock { state in
            var actions: [ResidencyTable.Action] = []
            let result = body(&state, &actions)
            var next = 0
            while next < actions.count {
                apply(actions[next], &state, &actions)
                next += 1
            }
            return (result, actions, state.perform, state.table.nextTimer)
        }
        for action in actions {
            switch action {
            case .load, .evict: perform(action)
            case .admit, .refuse: break
            }
        }
        if let timer { timekeeper.call(alarm, at: timer) }
        return result
    }

    private func apply(
        _ action: ResidencyTable.Action, _ state: inout State, _ actions: inout [ResidencyTable.Action]
    ) {
        switch action {
        case .load, .evict: break
        case .admit(let tickets, let model):
            for ticket in tickets {
                let isTold = state.waiters.removeValue(forKey: ticket)?.tell(.inside) ?? false
                // Its deadline came, or it was cancelled, at the same moment.
                if !isTold { state.table.leave(model, now: clock.now, &actions) }
            }
        case .refuse(let tickets, let model, let needed, let available):
            tell(tickets, .refused(tooLarge(model, needed, available)), &state)
        }
    }

    private func tooLarge(_ model: String, _ needed: Int, _ available: Int?) -> ServingError {
        let budget = options.budgetBytes
        let pinned =
            available.map { $0 < budget ? ", of which the models that stay leave \($0) bytes" : "" } ?? ""
        return ServingError(
            .resourceExhausted,
            "model '\(model)' takes \(needed) bytes of memory, more than the memory budget of \(budget) bytes allows"
                + "\(pinned): raise --memory-budget")
    }

    private func tell(_ tickets: [Int], _ word: Word, _ state: inout State) {
        for ticket in tickets { state.waiters.removeValue(forKey: ticket)?.tell(word) }
    }
}

/// Has the timekeeper call the residency without owning it.
private final class Alarm: Timekeeper.Member {
    private struct Weak { weak var residency: Residency? }
    private let weak = Lock(Weak())

    var residency: Residency? {
        get { weak.withLock { $0.residency } }
        set { weak.withLock { $0.residency = newValue } }
    }

    func timeHasCome() { residency?.timeHasCome() }
}
