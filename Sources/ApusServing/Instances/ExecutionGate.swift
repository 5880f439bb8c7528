// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// Lets instances of all models run as the rate limiter says.
final class ExecutionGate: Sendable {
    private struct State {
        var limiter: RateLimiter
        var signals: [Int: Signal] = [:]
    }

    private let state: Lock<State>

    /// Makes a gate with so many of some resources.
    init(limits: [String: Int]) { state = Lock(State(limiter: RateLimiter(limits: limits))) }

    /// A pass for one instance.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for one that needs more than there is.
    func pass(_ need: ResourceNeed, of model: String) throws(ServingError) -> ExecutionPass {
        let signal = Signal()
        do throws(RateLimiter.Refusal) {
            let client = try state.withLock { (state) throws(RateLimiter.Refusal) in
                let client = try state.limiter.add(needs: need.counts, priority: need.priority)
                state.signals[client] = signal
                return client
            }
            return ExecutionPass(self, client, signal)
        } catch {
            throw ServingError(
                .invalidArgument,
                "model '\(model)': an instance needs \(error.needed) of resource '\(error.resource)', but there are "
                    + "\(error.limit): raise --rate-limit-resource \(error.resource):\(error.needed)")
        }
    }

    fileprivate func change(_ body: (inout RateLimiter) -> [Int]) {
        state.withLock { state in
            for client in body(&state.limiter) { state.signals[client]?.raise() }
        }
    }

    fileprivate func remove(_ client: Int) {
        state.withLock { state in
            state.signals[client] = nil
            for client in state.limiter.remove(client) { state.signals[client]?.raise() }
        }
    }
}

/// One instance's way through the gate.
final class ExecutionPass: Sendable {
    private let gate: ExecutionGate
    private let client: Int
    private let signal: Signal

    fileprivate init(_ gate: ExecutionGate, _ client: Int, _ signal: Signal) {
        self.gate = gate
        self.client = client
        self.signal = signal
    }

    deinit { gate.remove(client) }

    /// Waits until the instance may run.
    func acquire() {
        gate.change { $0.request(client) }
        signal.wait()
    }

    /// The instance has run.
    func release() { gate.change { $0.finish(client) } }
}
