// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// All metrics of a process.
package final class MetricsRegistry: Sendable {
    /// Makes a registry without series.
    package init() {}

    /// Everything in Prometheus' text form.
    package func exposition() -> String { "" }
}
