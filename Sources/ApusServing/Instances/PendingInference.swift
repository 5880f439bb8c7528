// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// A request under way, which can be taken back.
package final class PendingInference: Sendable {
    private struct State {
        var isCancelled = false
        var version: ModelVersion?
        var prepared: ModelVersion.Prepared?
        var task: Task<Void, Never>?
    }

    private let state = Lock(State())

    package init() {}

    /// Takes the request back: it fails with code `cancelled`, unless it has ended already.
    package func cancel() {
        let state = state.withLock { state in
            state.isCancelled = true
            return state
        }
        if let prepared = state.prepared { state.version?.cancel(prepared) }
        state.task?.cancel()
    }

    /// Notes what runs the request.
    func follow(_ task: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    /// Notes where the request is about to wait.
    func follow(_ version: ModelVersion, _ prepared: ModelVersion.Prepared) {
        let isCancelled = state.withLock { state in
            state.version = version
            state.prepared = prepared
            return state.isCancelled
        }
        if isCancelled { version.cancel(prepared) }
    }
}
