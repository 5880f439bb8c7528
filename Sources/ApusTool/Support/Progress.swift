// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A line on standard error that tells what is going on, once it has taken a second.
final class Progress {
    private let start = ContinuousClock.now
    private var last = ContinuousClock.now
    private var isShown = false

    /// Says what is going on; the line replaces the one before.
    func update(_ text: @autoclosure () -> String) {
        guard Terminal.hasMessages else { return }
        let now = ContinuousClock.now
        guard now - start > .seconds(1), !isShown || now - last > .milliseconds(200) else { return }
        last = now
        isShown = true
        Terminal.show("\r\u{1B}[K\(text())")
    }

    /// Says what comes next and takes long, at once.
    func announce(_ text: String) {
        guard Terminal.hasMessages else { return }
        isShown = true
        Terminal.show("\r\u{1B}[K\(text)")
    }

    /// Takes the line away.
    func finish() {
        guard isShown else { return }
        Terminal.show("\r\u{1B}[K")
        isShown = false
    }
}
