// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Lets one task go on while fewer than a number of things are open.
final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    /// Opens one more, when there is room; only one task may call it.
    func enter() async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting = continuation
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    /// Closes one.
    func leave() {
        let waiting = state.withLock { state in
            guard let waiting = state.waiting else {
                state.free += 1
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiting = nil
            return waiting
        }
        waiting?.resume()
    }
}
