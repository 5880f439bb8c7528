// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What logs and traces are counted by.
package enum LogMetrics {
    package static let dropped = Metric<Counter>(
        "apus_log_dropped_total", "Lines and traces that were not written because too much waited or nobody read them",
        labels: [])
}
