// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What responses kept for equal requests are counted by.
package enum CacheMetrics {
    private static let version = ["model", "version"]
    private static let microseconds = 3

    package static let hits = Metric<Counter>(
        "nv_cache_num_hits_per_model", "Requests answered from the response cache", labels: version)
    package static let misses = Metric<Counter>(
        "nv_cache_num_misses_per_model", "Requests the response cache had no answer for", labels: version)
    package static let hitDuration = Metric<Counter>(
        "nv_cache_hit_duration_per_model", "Time spent on answers from the cache, in microseconds", labels: version,
        decimals: microseconds)
    package static let missDuration = Metric<Counter>(
        "nv_cache_miss_duration_per_model", "Time spent looking in vain and storing, in microseconds",
        labels: version, decimals: microseconds)
}
