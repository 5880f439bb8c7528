// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What the memory of requests is counted by.
package enum MemoryMetrics {
    private static let version = ["model", "version"]

    package static let copiedBytes = Metric<Counter>(
        "apus_input_copied_bytes_total", "Bytes of inputs copied into the memory of a batch", labels: version)
    package static let buffers = Metric<Counter>(
        "apus_buffers_total", "Buffers for the inputs of a batch, by whether there was one to use again",
        labels: ["model", "version", "result"])
    package static let slots = Metric<Counter>(
        "apus_request_slots_total", "Slots for requests, by whether there was one to use again",
        labels: ["model", "version", "result"])
}
