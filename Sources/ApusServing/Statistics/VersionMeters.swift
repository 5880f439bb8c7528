// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// The instruments of one version.
final class VersionMeters: Sendable {
    private let success, inferences, executions: Counter
    private let requestTime, queueTime, inputTime, inferTime, outputTime: Counter
    private let requestSpread, queueSpread, batchSpread, inputSpread, inferSpread, outputSpread: Histogram
    private let sizes: Histogram
    private let closings: [Counter]
    private let underWay: Gauge
    /// Requests that failed by what failed.
    let failed, rejected, cancelled, otherwise: Counter
    let pending, loadTime: Gauge
    /// What the version takes of memory, in bytes: weights, the memory of its sessions, and the rest of the plan.
    let weightBytes, sessionBytes, planBytes: Gauge
    let newSlots, reusedSlots, newBuffers, reusedBuffers, copiedBytes, retried, coalesced, padded: Counter
    private let cacheHits, cacheMisses, cacheHitTime, cacheMissTime: Counter
    /// Requests that were refused or dropped before they ran.
    let drops: Drops
    private let admissions: [Admission]

    /// Counters of refused and dropped requests by reason.
    struct Drops: Sendable {
        let queueFull, timeout, deadline, cancelled, shutdown: Counter
        let modelRequests, modelBytes, serverRequests, serverBytes: Counter
    }

    /// Makes the instruments, and remembers where a request counts while it is under way.
    init(_ registry: MetricsRegistry, model: String, version: String, admissions: [Admission]) {
        func counter(_ metric: Metric<Counter>) -> Counter { registry.instrument(metric, model, version) }
        func counter(_ metric: Metric<Counter>, _ label: String) -> Counter {
            registry.instrument(metric, model, version, label)
        }
        func histogram(_ metric: Metric<Histogram>) -> Histogram { registry.instrument(metric, model, version) }
        self.admissions = admissions
        success = counter(InferenceMetrics.success)
        inferences = counter(InferenceMetrics.inferences)
        executions = counter(InferenceMetrics.executions)
        requestTime = counter(InferenceMetrics.requestDuration)
        queueTime = counter(InferenceMetrics.queueDuration)
        inputTime = counter(InferenceMetrics.inputDuration)
        inferTime = counter(InferenceMetrics.inferDuration)
        outputTime = counter(InferenceMetrics.outputDuration)
        requestSpread = histogram(InferenceMetrics.requestSpread)
        queueSpread = histogram(InferenceMetrics.queueSpread)
        batchSpread = histogram(InferenceMetrics.batchSpread)
        inputSpread = histogram(InferenceMetrics.inputSpread)
        inferSpread = histogram(InferenceMetrics.inferSpread)
        outputSpread = histogram(InferenceMetrics.outputSpread)
        sizes = histogram(SchedulingMetrics.batchSize)
        closings = Batcher.Closing.allCases.map { counter(SchedulingMetrics.closed, $0.rawValue) }
        failed = counter(InferenceMetrics.failure, "BACKEND")
        rejected = counter(InferenceMetrics.failure, "REJECTED")
        cancelled = counter(InferenceMetrics.failure, "CANCELED")
        otherwise = counter(InferenceMetrics.failure, "OTHER")
        pending = registry.instrument(InferenceMetrics.pending, model, version)
        loadTime = registry.instrument(InferenceMetrics.loadDuration, model, version)
        weightBytes = registry.instrument(ResidencyMetrics.model, model, version, "weights")
        sessionBytes = registry.instrument(ResidencyMetrics.model, model, version, "sessions")
        planBytes = registry.instrument(ResidencyMetrics.model, model, version, "plan")
        underWay = registry.instrument(SchedulingMetrics.underWay, model, version)
        newSlots = counter(MemoryMetrics.slots, "new")
        reusedSlots = counter(MemoryMetrics.slots, "reused")
        newBuffers = counter(MemoryMetrics.buffers, "new")
        reusedBuffers = counter(MemoryMetrics.buffers, "reused")
        copiedBytes = counter(MemoryMetrics.copiedBytes)
        retried = counter(SchedulingMetrics.retried)
        padded = counter(SchedulingMetrics.padded)
        coalesced = counter(SchedulingMetrics.coalesced)
        cacheHits = counter(CacheMetrics.hits)
        cacheMisses = counter(CacheMetrics.misses)
        cacheHitTime = counter(CacheMetrics.hitDuration)
        cacheMissTime = counter(CacheMetrics.missDuration)
        drops = Drops(
            queueFull: counter(SchedulingMetrics.rejected, "queue_full"),
            timeout: counter(SchedulingMetrics.rejected, "timeout"),
            deadline: counter(SchedulingMetrics.rejected, "deadline"),
            cancelled: counter(SchedulingMetrics.rejected, "cancelled"),
            shutdown: counter(SchedulingMetrics.rejected, "shutdown"),
            modelRequests: counter(SchedulingMetrics.rejected, "model_requests"),
            modelBytes: counter(SchedulingMetrics.rejected, "model_bytes"),
            serverRequests: counter(SchedulingMetrics.rejected, "server_requests"),
            serverBytes: counter(SchedulingMetrics.rejected, "server_bytes"))
    }

    /// Counts a request in everywhere, or says which limit, by its place, has no room, and for what.
    ///
    /// `isPart`: Whether another request, of which it is a part, counts towards the first limit.
    func enter(_ byteCount: Int, isPart: Bool = false) -> (place: Int, refusal: Admission.Refusal)? {
        let first = isPart ? 1 : 0
        for place in admissions.indices.dropFirst(first) {
            guard let refusal = admissions[place].enter(byteCount: byteCount) else { continue }
            for earlier in first..<place { admissions[earlier].leave(byteCount: byteCount) }
            return (place, refusal)
        }
        underWay.add(1)
        return nil
    }

    /// The most requests or bytes that the limit at a place allows.
    func limit(_ place: Int, _ kind: Admission.Refusal) -> Int {
        kind == .requests ? admissions[place].maximumRequests : admissions[place].maximumBytes
    }

    /// The bytes the version takes of memory, as measured.
    var memoryByteCount: Int { Int(weightBytes.value + sessionBytes.value + planBytes.value) }

    /// What a request takes from arrival to answer on average, in nanoseconds, between 10 ms and 10 s.
    var usualTime: Int64 {
        let count = success.value
        guard count > 0 else { return 1_000_000_000 }
        return Int64(min(max(requestTime.value / count, 10_000_000), 10_000_000_000))
    }

    /// Counts a request out everywhere.
    func leave(_ byteCount: Int, isPart: Bool = false) {
        underWay.add(-1)
        for admission in admissions.dropFirst(isPart ? 1 : 0) { admission.leave(byteCount: byteCount) }
    }

    /// Counts a run.
    func add(_ record: BatchRecord) {
        closings[record.closing.place].add()
        guard record.runCount > 0 else { return }
        executions.add(UInt64(record.runCount))
        sizes.observe(UInt64(record.size))
    }

    /// Counts a request that was answered.
    func addSuccess(_ times: StageTimes, batchSize: Int, total: UInt64) {
        success.add()
        inferences.add(UInt64(batchSize))
        requestTime.add(total)
        queueTime.add(times.queue &+ times.batch)
        inputTime.add(times.copyIn)
        inferTime.add(times.compute)
        outputTime.add(times.copyOut)
        requestSpread.observe(total)
        queueSpread.observe(times.queue)
        batchSpread.observe(times.batch)
        inputSpread.observe(times.copyIn)
        inferSpread.observe(times.compute)
        outputSpread.observe(times.copyOut)
    }

    /// Counts a request that was answered from the cache.
    func addCacheHit(_ nanoseconds: UInt64) {
        success.add()
        requestTime.add(nanoseconds)
        requestSpread.observe(nanoseconds)
        cacheHits.add()
        cacheHitTime.add(nanoseconds)
    }

    /// Counts a request that was answered by the run of an equal one.
    func addCoalesced(_ nanoseconds: UInt64) {
        success.add()
        requestTime.add(nanoseconds)
        requestSpread.observe(nanoseconds)
        coalesced.add()
    }

    /// Counts what looking in vain took, or storing.
    func addCacheMiss(_ nanoseconds: UInt64, isNew: Bool) {
        if isNew { cacheMisses.add() }
        cacheMissTime.add(nanoseconds)
    }
}
