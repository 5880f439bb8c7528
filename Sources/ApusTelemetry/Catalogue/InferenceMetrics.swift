// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What inference is counted by; names that begin with `nv_` are those dashboards made for Triton look for.
package enum InferenceMetrics {
    private static let version = ["model", "version"]
    private static let microseconds = 3

    package static let success = Metric<Counter>(
        "nv_inference_request_success", "Requests that were answered", labels: version)
    package static let failure = Metric<Counter>(
        "nv_inference_request_failure", "Requests that failed, by reason", labels: ["model", "version", "reason"])
    package static let inferences = Metric<Counter>(
        "nv_inference_count", "Inferences done; a request counts its batch size, and one from the cache nothing",
        labels: version)
    package static let executions = Metric<Counter>("nv_inference_exec_count", "Runs of the model", labels: version)
    package static let requestDuration = Metric<Counter>(
        "nv_inference_request_duration_us", "Time of answered requests from arrival to answer, in microseconds",
        labels: version, decimals: microseconds)
    package static let queueDuration = Metric<Counter>(
        "nv_inference_queue_duration_us", "Time of answered requests in the queue, in microseconds", labels: version,
        decimals: microseconds)
    package static let inputDuration = Metric<Counter>(
        "nv_inference_compute_input_duration_us", "Time spent gathering inputs, in microseconds", labels: version,
        decimals: microseconds)
    package static let inferDuration = Metric<Counter>(
        "nv_inference_compute_infer_duration_us", "Time spent running the model, in microseconds", labels: version,
        decimals: microseconds)
    package static let outputDuration = Metric<Counter>(
        "nv_inference_compute_output_duration_us", "Time spent splitting outputs, in microseconds", labels: version,
        decimals: microseconds)
    package static let pending = Metric<Gauge>(
        "nv_inference_pending_request_count", "Requests that wait in the queue", labels: version)
    package static let loadDuration = Metric<Gauge>(
        "nv_model_load_duration_secs", "Time it took to load and warm up the version, in seconds", labels: version,
        decimals: 9)

    package static let requestSpread = Metric<Histogram>(
        "nv_inference_request_duration_histogram_us", "Time from arrival to answer, in microseconds", labels: version,
        decimals: microseconds, bounds: durations)
    package static let queueSpread = Metric<Histogram>(
        "nv_inference_queue_duration_histogram_us", "Time until there was an instance, in microseconds",
        labels: version, decimals: microseconds, bounds: durations)
    package static let batchSpread = Metric<Histogram>(
        "apus_batch_wait_duration_seconds", "Time until the instance took the batch, in seconds", labels: version,
        decimals: 9, bounds: durations)
    package static let inputSpread = Metric<Histogram>(
        "nv_inference_compute_input_duration_histogram_us", "Time gathering inputs, in microseconds", labels: version,
        decimals: microseconds, bounds: durations)
    package static let inferSpread = Metric<Histogram>(
        "nv_inference_compute_infer_duration_histogram_us", "Time running the model, in microseconds",
        labels: version, decimals: microseconds, bounds: durations)
    package static let outputSpread = Metric<Histogram>(
        "nv_inference_compute_output_duration_histogram_us", "Time splitting outputs, in microseconds",
        labels: version, decimals: microseconds, bounds: durations)

    /// 10 us to 10 s, in nanoseconds.
    private static let durations: [UInt64] = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
        50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]
}
