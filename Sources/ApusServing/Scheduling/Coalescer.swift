// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// Runs requests once that are equal and under way at the same time.
///
/// The run belongs to none of them: whoever goes away leaves the others their answer, and the run ends early only when
/// all have gone.
final class Coalescer: Sendable {
    /// What a run depends on.
    private struct Key: Hashable {
        struct Input: Hashable {
            var name: String
            var tensor: CachedTensor
        }

        struct Output: Hashable {
            var name: String
            var classificationCount: Int
        }

        var inputs: [Input]
        var outputs: [Output]
        var priority: UInt64
        var timeout: Duration?

        /// Nil for a request that is not like any other.
        init?(_ request: InferenceRequest) {
            guard request.sequence == nil else { return nil }
            inputs = []
            for input in request.inputs.sorted(by: { $0.name < $1.name }) {
                guard case .tensor(let tensor) = input.data else { return nil }
                inputs.append(Input(name: input.name, tensor: CachedTensor(tensor)))
            }
            outputs = request.outputs.map { Output(name: $0.name, classificationCount: $0.classificationCount) }
            (priority, timeout) = (request.priority, request.timeout)
        }
    }

    private typealias Answer = Result<InferenceResponse?, ServingError>

    private struct Flight {
        var number: Int
        var waiters: [Int: Waiter<Answer>] = [:]
        var task: Task<Void, Never>?
    }

    private struct State {
        var flights: [Key: Flight] = [:]
        var serial = 0
    }

    private let state = Lock(State())
    private let clock: ServingClock
    private let timekeeper: Timekeeper
    private let meters: VersionMeters

    init(clock: ServingClock, timekeeper: Timekeeper, meters: VersionMeters) {
        self.clock = clock
        self.timekeeper = timekeeper
        self.meters = meters
    }

    /// Runs a request, or waits for the run of an equal one.
    ///
    /// - Throws: ``ServingError`` of the run, or because the task was cancelled or the request's deadline passed.
    func infer(
        _ request: InferenceRequest,
        run: @escaping @Sendable (InferenceRequest) async throws(ServingError) -> InferenceResponse?
    ) async throws(ServingError) -> InferenceResponse? {
        guard let key = Key(request) else { return try await run(request) }
        let start = clock.now
        let waiter = Waiter<Answer>()
        let (ticket, isFirst) = state.withLock { state in
            state.serial &+= 1
            let isFirst = state.flights[key] == nil
            var flight = state.flights[key] ?? Flight(number: state.serial)
            flight.waiters[state.serial] = waiter
            if isFirst { flight.task = begin(request, key, flight.number, run) }
            state.flights[key] = flight
            return (state.serial, isFirst)
        }
        let byteCount = request.byteCount
        if !isFirst, let (place, refusal) = meters.enter(byteCount) {
            leave(key, ticket)
            throw ServingError(
                .resourceExhausted,
                request.prefix + "as many \(refusal.rawValue) are under way as may be, which is "
                    + "\(meters.limit(place, refusal))", retryAfter: .nanoseconds(meters.usualTime))
        }
        defer { if !isFirst { meters.leave(byteCount) } }
        switch await waiter.wait(until: request.deadline(by: clock), timekeeper) {
        case .told(.success(var response)):
            response?.id = request.id
            if !isFirst, response != nil { meters.addCoalesced(UInt64(max(0, clock.now - start))) }
            return response
        case .told(.failure(var error)):
            // The run has no name of its own.
            if error.message.hasPrefix(Self.nameless) {
                error.message = request.prefix + error.message.dropFirst(Self.nameless.count)
            }
            throw error
        case .deadline:
            leave(key, ticket)
            throw ServingError(.deadlineExceeded, request.prefix + "the request's deadline passed before its answer")
        case .cancelled:
            leave(key, ticket)
            throw ServingError(.cancelled, "the request was cancelled")
        }
    }

    private static let nameless = InferenceRequest(model: "", inputs: []).prefix

    /// Begins a run, which tells everybody who waits for it when it ends.
    private func begin(
        _ request: InferenceRequest, _ key: Key, _ number: Int,
        _ run: @escaping @Sendable (InferenceRequest) async throws(ServingError) -> InferenceResponse?
    ) -> Task<Void, Never> {
        var request = request
        (request.id, request.deadline) = ("", nil)
        return Task.detached { [request] in
            let answer: Answer
            do throws(ServingError) { answer = .success(try await run(request)) } catch { answer = .failure(error) }
            let waiters = self.state.withLock { state -> [Waiter<Answer>] in
                guard let flight = state.flights[key], flight.number == number else { return [] }
                state.flights[key] = nil
                return Array(flight.waiters.values)
            }
            for waiter in waiters { waiter.tell(answer) }
        }
    }

    /// Somebody does not wait any more; without anybody the run is not wanted.
    private func leave(_ key: Key, _ ticket: Int) {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard state.flights[key]?.waiters.removeValue(forKey: ticket) != nil,
                let flight = state.flights[key], flight.waiters.isEmpty
            else { return nil }
            state.flights[key] = nil
            return flight.task
        }
        task?.cancel()
    }
}

extension ModelVersion {
    /// Runs a request, together with equal ones where the configuration allows it.
    ///
    /// - Throws: ``ServingError`` as ``infer(_:)``.
    func inferOnce(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse? {
        guard let coalescer else { return try await infer(request) }
        return try await coalescer.infer(request) { request throws(ServingError) in try await self.infer(request) }
    }
}
