// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// The instruments of the sequences of one version.
final class SequenceMeters: Sendable {
    private let active, waiting: Gauge
    private let started, ended, idle, restarted, closed: Counter

    init(_ registry: MetricsRegistry, model: String, version: String) {
        active = registry.instrument(SequenceMetrics.active, model, version)
        waiting = registry.instrument(SequenceMetrics.waiting, model, version)
        started = registry.instrument(SequenceMetrics.started, model, version)
        ended = registry.instrument(SequenceMetrics.ended, model, version, "end")
        idle = registry.instrument(SequenceMetrics.ended, model, version, "idle")
        restarted = registry.instrument(SequenceMetrics.ended, model, version, "restart")
        closed = registry.instrument(SequenceMetrics.ended, model, version, "unload")
    }

    /// Shows what the queue says; `before` is what it said the last time.
    func note(_ queue: BatchingRule, since before: inout SequenceCounts) {
        guard let (counts, activeCount, backlogCount) = queue.sequenceState else { return }
        active.set(Int64(activeCount))
        waiting.set(Int64(backlogCount))
        guard counts != before else { return }
        started.add(counts.started &- before.started)
        ended.add(counts.ended &- before.ended)
        idle.add(counts.idle &- before.idle)
        restarted.add(counts.restarted &- before.restarted)
        closed.add(counts.closed &- before.closed)
        before = counts
    }
}
