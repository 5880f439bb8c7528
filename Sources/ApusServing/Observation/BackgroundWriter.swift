// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import Glibc
import Synchronization

/// Writes lines and files on a thread of its own, so that whoever has something to say never waits for a disk.
///
/// What waits to be written is bounded in bytes: what does not fit is dropped and counted.
package final class BackgroundWriter: Sendable {
    /// Something to be written.
    package enum Item: Sendable {
        /// A line, without its end, for the descriptor.
        case line(String)
        /// Elements of a JSON array in a file, which is one array again when they are written.
        case elements(path: String, [UInt8])
        /// Raised when everything before it was written or given up.
        case mark(Signal)

        fileprivate var byteCount: Int {
            switch self {
            case .line(let text): text.utf8.count + 64
            case .elements(_, let bytes): bytes.count + 64
            case .mark: 64
            }
        }
    }

    private let core: Core

    /// Makes a writer whose lines go to a descriptor; the thread starts with the first thing there is to write.
    ///
    /// `dropped`: Called with how many things were dropped.
    package init(
        descriptor: Int32 = STDERR_FILENO, mostBytes: Int = 1 << 20,
        dropped: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        core = Core(descriptor, mostBytes, dropped)
    }

    deinit { core.stop() }

    /// Takes something to write, without waiting for it.
    ///
    /// - Returns: False when it was dropped.
    @discardableResult
    package func write(_ item: Item) -> Bool { core.add(item) }

    /// Waits until all that was taken is written, or given up because nobody reads it.
    package func flush() {
        let mark = Signal()
        if core.add(.mark(mark)) { mark.wait() }
    }

    /// What the thread and its owner share; it ends with its owner.
    private final class Core: Sendable {
        struct State {
            var items: [Item] = []
            var byteCount = 0
            var hasThread = false
            var isStopped = false
            /// What was dropped since a line last said so.
            var droppedCount = 0
        }

        let state = Lock(State())
        let arrival = Signal()
        let descriptor: Int32
        let mostBytes: Int
        let dropped: @Sendable (Int) -> Void

        init(_ descriptor: Int32, _ mostBytes: Int, _ dropped: @escaping @Sendable (Int) -> Void) {
            self.descriptor = descriptor
            self.mostBytes = mostBytes
            self.dropped = dropped
        }

        func add(_ item: Item) -> Bool {
            let (isTaken, startsThread) = state.withLock { state in
                let count = item.byteCount
                guard !state.isStopped, count <= mostBytes - state.byteCount else {
                    state.droppedCount += 1
                    return (false, false)
                }
                state.items.append(item)
                state.byteCount += count
                defer { state.hasThread = true }
                return (true, !state.hasThread)
            }
            guard isTaken else {
                dropped(1)
                return false
            }
            arrival.raise()
            if startsThread, !Threads.start({ [self] in run() }) {
                state.withLock { $0.hasThread = false }
            }
            return true
        }

        func stop() {
            state.withLock { $0.isStopped = true }
            arrival.raise()
        }

        private func run() {
            while true {
                arrival.wait()
                let (items, droppedCount, isStopped) = state.withLock { state in
                    defer {
                        state.items = []
                        state.byteCount = 0
                        state.droppedCount = 0
                    }
                    return (state.items, state.droppedCount, state.isStopped)
                }
                var output = LineOutput(descriptor)
                if droppedCount > 0 { output.write("\(droppedCount) lines and traces were dropped: too much to write") }
                for item in items {
                    switch item {
                    case .line(let text): output.write(text)
                    case .elements(let path, let bytes): ArrayFile.append(bytes, to: path)
                    case .mark(let signal):
                        report(&output)
                        signal.raise()
                    }
                }
                report(&output)
                if isStopped { return }
            }
        }

        private func report(_ output: inout LineOutput) {
            let count = output.takeLostCount()
            if count > 0 { dropped(count) }
        }
    }
}
