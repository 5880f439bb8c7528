// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusFormats
import ApusKernels

/// What a benchmark found.
struct BenchReport {
    private let loaded: LoadedModel
    private let firstMilliseconds: Double
    private let sorted: [Double]
    private let allocations: Double?
    /// The bytes the session holds for values that are not constants.
    var activationByteCount: Int?
    private let peakMegabytes = PeakMemory.megabytes

    /// Sums up measured runs.
    init(_ loaded: LoadedModel, first: Duration, times: [Duration], allocations: Double? = nil) {
        self.allocations = allocations
        self.loaded = loaded
        firstMilliseconds = Numbers.milliseconds(first)
        sorted = times.map { Numbers.milliseconds($0) }.sorted()
    }

    /// The time that a share of the runs does not exceed.
    private func quantile(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int((Double(sorted.count - 1) * share).rounded()))]
    }

    private var perSecond: Double {
        let total = sorted.reduce(0, +)
        return total > 0 ? Double(sorted.count) / total * 1000 : 0
    }

    /// The instruction set, where it is ours to choose.
    private var instructions: String? {
        loaded.backend.isForeign ? nil : loaded.environment.instructionSet.rawValue
    }

    /// What products multiply, where it is ours to choose.
    private var precision: String? { loaded.backend.isForeign ? nil : loaded.environment.precision.rawValue }

    /// Names and values, one a line.
    var text: String {
        var table = Table(["", ""], [.left, .right])
        let times = [
            ("read", Numbers.milliseconds(loaded.readTime)), ("compile", Numbers.milliseconds(loaded.compileTime)),
            ("load", Numbers.milliseconds(loaded.loadTime)), ("first run", firstMilliseconds), ("min", quantile(0)),
            ("median", quantile(0.5)), ("p90", quantile(0.9)),
            ("p99", quantile(0.99)),
        ]
        for (name, value) in times { table.add([name, Numbers.time(milliseconds: value)]) }
        table.add(["throughput", Numbers.fixed(perSecond, 1) + " /s"])
        table.add(["runs", String(sorted.count)])
        table.add(["threads", String(loaded.environment.workers.threadCount)])
        table.add(["backend", loaded.backend.rawValue])
        if let instructions { table.add(["instructions", instructions]) }
        if let precision { table.add(["precision", precision]) }
        if let activationByteCount {
            table.add(["activations", Numbers.fixed(Double(activationByteCount) / 1_048_576, 1) + " MiB"])
        }
        if let allocations { table.add(["allocations", Numbers.fixed(allocations, 1) + " /run"]) }
        table.add(["peak memory", Numbers.fixed(peakMegabytes, 1) + " MiB"])
        return table.text
    }

    /// The same as an object; times in milliseconds.
    var json: JSONValue {
        .object([
            "model": .string(loaded.path), "threads": JSONValue(loaded.environment.workers.threadCount),
            "backend": .string(loaded.backend.rawValue), "instructions": instructions.map { .string($0) } ?? .null,
            "precision": precision.map { .string($0) } ?? .null, "runs": JSONValue(sorted.count),
            "read_ms": .number(Numbers.milliseconds(loaded.readTime)),
            "compile_ms": .number(Numbers.milliseconds(loaded.compileTime)),
            "load_ms": .number(Numbers.milliseconds(loaded.loadTime)), "first_ms": .number(firstMilliseconds),
            "min_ms": .number(quantile(0)), "median_ms": .number(quantile(0.5)), "p90_ms": .number(quantile(0.9)),
            "p99_ms": .number(quantile(0.99)), "per_second": .number(perSecond),
            "peak_memory_mib": .number(peakMegabytes),
            "activation_bytes": activationByteCount.map { JSONValue($0) } ?? .null,
            "allocations_per_run": allocations.map { .number($0) } ?? .null,
        ])
    }
}
