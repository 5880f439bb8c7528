// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What sequences of requests are counted by.
package enum SequenceMetrics {
    private static let version = ["model", "version"]

    package static let active = Metric<Gauge>(
        "apus_sequences_active", "Sequences that have a seat, whose requests may run", labels: version)
    package static let waiting = Metric<Gauge>(
        "apus_sequences_waiting", "Sequences that wait for a seat with all their requests", labels: version)
    package static let started = Metric<Counter>(
        "apus_sequences_started_total", "Sequences that began", labels: version)
    package static let ended = Metric<Counter>(
        "apus_sequences_ended_total", "Sequences by what ended them", labels: ["model", "version", "reason"])
}
