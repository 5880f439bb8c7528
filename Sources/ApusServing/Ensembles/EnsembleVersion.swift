// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import ApusTensors
import Synchronization

/// One version of an ensemble that is served: it runs the models of its steps and hands tensors from one to the next.
final class EnsembleVersion: ServedVersion {
    let number: Int64
    let text: String
    let configuration: ModelConfiguration
    let graph: EnsembleGraph
    private let check: RequestCheck
    private let form: ResponseForm
    private let clock: ServingClock
    private let meters: VersionMeters
    private let cache: ResponseCache?
    private let parts: EnsembleParts
    private let ownSerial = ModelVersion.nextSerial()
    private let counts: Lock<ModelStatistics>

    /// Makes a version; its models may come and go.
    init(
        _ number: Int64, _ configuration: ModelConfiguration, _ graph: EnsembleGraph, parts: EnsembleParts,
        in surroundings: ModelVersion.Surroundings
    ) {
        self.number = number
        text = String(number)
        self.configuration = configuration
        self.graph = graph
        self.parts = parts
        check = RequestCheck(ensemble: configuration)
        form = ResponseForm(ensemble: configuration)
        clock = surroundings.clock
        cache = configuration.usesResponseCache ? surroundings.cache : nil
        let own = Admission(
            maximumRequests: surroundings.options.maximumRequestsPerModel,
            maximumBytes: surroundings.options.maximumRequestBytesPerModel)
        meters = VersionMeters(
            surroundings.metrics, model: configuration.name, version: text, admissions: [surroundings.admission, own])
        counts = Lock(ModelStatistics(name: configuration.name, version: text))
    }

    var memoryByteCount: Int { 0 }
    var queued: ModelVersion? { nil }

    var statistics: ModelStatistics { counts.withLock { $0 } }

    var serial: UInt64 {
        var hasher = Hasher()
        hasher.combine(ownSerial)
        for step in graph.steps { hasher.combine(parts.find(step.model, step.version)?.serial) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    var obstacle: String? {
        for (index, step) in graph.steps.enumerated() {
            let which = step.version.isEmpty ? "the model" : "version \(step.version) of the model"
            guard let version = parts.find(step.model, step.version) else {
                return "\(graph.name(index)): \(which) is not served"
            }
            if let obstacle = version.obstacle { return "\(graph.name(index)): \(obstacle)" }
        }
        return nil
    }

    func labels(of output: String) -> [String] {
        guard let place = configuration.outputs.firstIndex(where: { $0.name == output }) else { return [] }
        let own = configuration.outputs[place].labels
        let tensor = graph.outputs[place]
        guard own.isEmpty, let writer = graph.writers[tensor],
            let link = graph.steps[writer].outputs.first(where: { $0.tensor == tensor })
        else { return own }
        return parts.find(graph.steps[writer].model, graph.steps[writer].version)?.labels(of: link.port) ?? []
    }

    func retire() {}

    func inferOnce(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse? {
        let start = clock.now
        let slot = RequestSlot(index: 0)
        try check.fill(slot, with: request)
        try form.check(request)
        // What a step answers to a request of a sequence depends on those before.
        let key = (request.sequence == nil ? cache : nil).map { _ in
            ResponseCache.Key(version: serial, inputs: slot.inputs.map { $0.tensor.map { CachedTensor($0) } })
        }
        if let key, let outputs = kept(key, start) { return try response(outputs, request, StageTimes()) }
        try meters.admit(slot.byteCount, isPart: request.isPart, configuration.name, request)
        defer { meters.leave(slot.byteCount, isPart: request.isPart) }
        do throws(ServingError) {
            let (outputs, times) = try await run(request, slot.inputs)
            let response = try response(outputs, request, times)
            noteSuccess(times, slot.batchSize, start)
            if let key { keep(outputs, key) }
            return response
        } catch {
            noteFailure(error, start)
            throw error
        }
    }

    private func response(
        _ outputs: [Datum], _ request: InferenceRequest, _ times: StageTimes
    ) throws(ServingError) -> InferenceResponse {
        InferenceResponse(
            model: configuration.name, version: text, id: request.id,
            outputs: try form.outputs(outputs, for: request, labels: labels), parameters: [:], times: times)
    }

    // MARK: - Steps

    private func run(
        _ request: InferenceRequest, _ inputs: [Datum]
    ) async throws(ServingError) -> (outputs: [Datum], times: StageTimes) {
        var wanted = graph.outputs
        if !request.outputs.isEmpty {
            wanted = request.outputs.compactMap { output in
                configuration.outputs.firstIndex { $0.name == output.name }.map { graph.outputs[$0] }
            }
        }
        var steps = EnsembleSteps(EnsembleRun(graph, inputs: inputs.map(\.tensor), wanted: wanted), request, self)
        try await steps.run()
        return (graph.outputs.map { steps.state.value($0).map { .tensor($0) } ?? .none }, steps.times)
    }

    /// Runs the model of a step.
    func infer(_ part: InferenceRequest) async -> Result<InferenceResponse, ServingError> {
        do throws(ServingError) { return .success(try await parts.infer(part)) } catch { return .failure(error) }
    }

    // MARK: - Counting

    private func kept(_ key: ResponseCache.Key, _ start: Int64) -> [Datum]? {
        let outputs = cache?.outputs(key, now: start)
        let time = UInt64(max(0, clock.now - start))
        counts.withLock { counts in
            if outputs == nil { counts.cacheMiss.add(time) } else { counts.addCacheHit(time) }
        }
        if outputs == nil { meters.addCacheMiss(time, isNew: true) } else { meters.addCacheHit(time) }
        return outputs
    }

    /// Keeps the outputs of a request for equal ones, where it asked for all of them.
    private func keep(_ outputs: [Datum], _ key: ResponseCache.Key) {
        guard outputs.allSatisfy({ $0.tensor != nil }) else { return }
        let start = clock.now
        cache?.keep(outputs, for: key, now: start)
        let time = UInt64(max(0, clock.now - start))
        counts.withLock { $0.cacheMiss.add(time, count: 0) }
        meters.addCacheMiss(time, isNew: false)
    }

    private func noteSuccess(_ times: StageTimes, _ batchSize: Int, _ start: Int64) {
        let total = UInt64(max(0, clock.now - start))
        var record = BatchRecord()
        (record.size, record.runCount, record.times) = (batchSize, 1, times)
        counts.withLock { counts in
            counts.add(record, milliseconds: ServingClock.milliseconds)
            counts.addSuccess(times, batchSize: batchSize, total: total)
        }
        meters.add(record)
        meters.addSuccess(times, batchSize: batchSize, total: total)
    }

    private func noteFailure(_ error: ServingError, _ start: Int64) {
        switch error.code {
        case .cancelled: meters.cancelled.add()
        case .unavailable, .resourceExhausted, .deadlineExceeded: meters.rejected.add()
        default: meters.failed.add()
        }
        counts.withLock { $0.fail.add(UInt64(max(0, clock.now - start))) }
    }
}
