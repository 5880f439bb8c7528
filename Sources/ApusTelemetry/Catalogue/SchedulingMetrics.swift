// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What queues and batches are counted by.
package enum SchedulingMetrics {
    private static let version = ["model", "version"]

    package static let batchSize = Metric<Histogram>(
        "apus_batch_size", "Sizes of the batches that ran", labels: version,
        bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    package static let closed = Metric<Counter>(
        "apus_batches_closed_total", "Batches by what closed them", labels: ["model", "version", "reason"])
    package static let rejected = Metric<Counter>(
        "apus_requests_rejected_total", "Requests that were refused or dropped before they ran, by reason",
        labels: ["model", "version", "reason"])
    package static let underWay = Metric<Gauge>(
        "apus_requests_under_way", "Requests that were admitted and not answered yet", labels: version)
    package static let padded = Metric<Counter>(
        "apus_padded_positions_total", "Positions added to inputs so that requests of different lengths share batches",
        labels: version)
    package static let coalesced = Metric<Counter>(
        "apus_requests_coalesced_total", "Requests answered by the run of an equal one", labels: version)
    package static let retried = Metric<Counter>(
        "apus_batches_run_apart_total", "Batches that failed, whose requests then ran one by one", labels: version)
}
