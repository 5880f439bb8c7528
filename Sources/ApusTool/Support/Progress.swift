// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A line on standard error that tells what is going on, once it has taken a second.
final class Progress: Sendable {
    private struct State {
        var text = ""
        var start = ContinuousClock.now
        var isShown = false
    }

    private let state = Mutex(State())

    /// Says what is going on; the line replaces the one before.
    func update(_ text: @autoclosure () -> String) {
        guard Terminal.hasMessages else { return }
        let text = text()
        state.withLock { state in
            if state.text.isEmpty {
                state.start = .now
                watch()
            }
            state.text = text
        }
    }

    /// Takes the line away.
    func finish() {
        state.withLock { state in
            if state.isShown { Terminal.show("\r\u{1B}[K") }
            state = State()
        }
    }

    /// Shows the newest text five times a second until there is none.
    private func watch() {
        Task.detached { [self] in
            repeat {
                try? await Task.sleep(for: .milliseconds(200))
            } while show()
        }
    }

    private func show() -> Bool {
        state.withLock { state in
            let elapsed = ContinuousClock.now - state.start
            if !state.text.isEmpty, elapsed > .seconds(1) {
                state.isShown = true
                let line = "\(state.text) (\(elapsed.components.seconds) s)"
                Terminal.show("\r\u{1B}[K" + String(line.prefix(Terminal.width - 1)))
            }
            return !state.text.isEmpty
        }
    }
}
