// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// One task's wait for a word from somebody else, until a deadline; the first word counts.
final class Waiter<Word: Sendable>: Timekeeper.Member {
    /// How a wait ended.
    enum Outcome: Sendable {
        case told(Word)
        case deadline
        case cancelled
    }

    private struct State {
        var outcome: Outcome?
        var continuation: CheckedContinuation<Outcome, Never>?
    }

    private let state = Lock(State())

    /// Tells the task; false when its wait was over already.
    @discardableResult
    func tell(_ word: Word) -> Bool { end(.told(word)) }

    func timeHasCome() { _ = end(.deadline) }

    /// Waits for the word, the time of the timekeeper's clock, or the cancellation of the task.
    func wait(until deadline: Int64?, _ timekeeper: Timekeeper) async -> Outcome {
        if let deadline { timekeeper.call(self, at: deadline) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state -> Outcome? in
                    if state.outcome == nil { state.continuation = continuation }
                    return state.outcome
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            _ = end(.cancelled)
        }
    }

    private func end(_ outcome: Outcome) -> Bool {
        let (isFirst, continuation) = state.withLock { state in
            guard state.outcome == nil else { return (false, nil as CheckedContinuation<Outcome, Never>?) }
            state.outcome = outcome
            defer { state.continuation = nil }
            return (true, state.continuation)
        }
        continuation?.resume(returning: outcome)
        return isFirst
    }
}

extension InferenceRequest {
    /// The request's deadline by a clock of the server's; nil without one.
    func deadline(by clock: ServingClock) -> Int64? {
        guard let deadline else { return nil }
        let (now, left) = (clock.now, ContinuousClock.now.duration(to: deadline).wholeNanoseconds)
        return left > .max - now ? .max : now + left
    }

    /// The bytes of all inputs.
    var byteCount: Int { inputs.reduce(0) { $0 &+ $1.data.byteCount } }
}
