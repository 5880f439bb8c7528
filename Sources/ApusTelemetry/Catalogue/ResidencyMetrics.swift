// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What the memory of models is counted by.
package enum ResidencyMetrics {
    package static let budget = Metric<Gauge>("apus_memory_budget_bytes", "The bytes models may take together")
    package static let used = Metric<Gauge>(
        "apus_memory_budget_used_bytes", "The bytes of the models that are in memory, as measured")
    package static let model = Metric<Gauge>(
        "apus_model_memory_bytes", "What a version takes of memory, as measured, by what for",
        labels: ["model", "version", "kind"])
    package static let loads = Metric<Counter>("apus_model_loads_total", "Loads of a model", labels: ["model"])
    package static let evictions = Metric<Counter>(
        "apus_model_evictions_total", "Unloads of a model to make room for others", labels: ["model"])
}
