// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// The tasks of connections that have not ended.
package final class LiveTasks: Sendable {
    private struct State {
        var count = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    package init() {}

    /// Notes that a task has begun.
    package func enter() { state.withLock { $0.count += 1 } }

    /// Notes that a task has ended.
    package func leave() {
        let waiting = state.withLock { state in
            state.count -= 1
            guard state.count == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until there is none.
    package func wait() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                guard state.count > 0 else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}
