// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTelemetry
import ApusTensors
import Synchronization

/// One version of a model that is served: its queue and its instances.
final class ModelVersion: Sendable {
    let number: Int64
    /// The number as text.
    let text: String
    let configuration: ModelConfiguration
    let scheduler: Scheduler
    private let check: RequestCheck
    /// How requests of different lengths share a batch; nil where they do not.
    let padding: PaddingPlan?
    private let form: ResponseForm
    let meters: VersionMeters
    private let cache: ResponseCache?
    /// What has equal requests run once; nil where each runs by itself.
    let coalescer: Coalescer?
    /// Distinguishes the version from every other that was ever loaded.
    let serial = ModelVersion.nextSerial()
    private static let serials = Atomic<UInt64>(0)

    /// What all versions of a host share.
    struct Surroundings: Sendable {
        var options: ServingOptions
        var clock: ServingClock
        var timekeeper: Timekeeper
        var metrics: MetricsRegistry
        var admission: Admission
        /// Where responses are kept; nil where none are.
        var cache: ResponseCache?
        /// What instances wait at before they run; nil where they run when they like.
        var gate: ExecutionGate?
    }

    /// Starts the instances of a version and waits until they are warm.
    ///
    /// - Throws: ``ServingError`` when the model does not fit its configuration, or fails to warm up.
    init(
        _ source: ModelSource, _ configuration: ModelConfiguration, in surroundings: Surroundings
    ) throws(ServingError) {
        let start = surroundings.clock.now
        number = source.version
        text = String(source.version)
        var configuration = configuration
        if configuration.batching?.objective == nil {
            configuration.batching?.objective = surroundings.options.objective
        }
        self.configuration = configuration
        let sequences = try SequencePorts(configuration, source.model.signature)
        padding = try PaddingPlan(configuration, source.model)
        check = try RequestCheck(configuration, source.model.signature, padding: padding)
        form = try ResponseForm(configuration, source.model.signature)
        cache = configuration.usesResponseCache ? surroundings.cache : nil
        let own = Admission(
            maximumRequests: surroundings.options.maximumRequestsPerModel,
            maximumBytes: surroundings.options.maximumRequestBytesPerModel)
        meters = VersionMeters(
            surroundings.metrics, model: configuration.name, version: text, admissions: [surroundings.admission, own])
        scheduler = Scheduler(
            configuration: configuration, version: text, clock: surroundings.clock,
            timekeeper: surroundings.timekeeper, meters: meters, sequences: sequences,
            sequenceMeters: sequences == nil
                ? nil : SequenceMeters(surroundings.metrics, model: configuration.name, version: text))
        coalescer =
            configuration.runsEqualRequestsOnce
            ? Coalescer(clock: surroundings.clock, timekeeper: surroundings.timekeeper, meters: meters) : nil
        try startInstances(of: source.model, surroundings.gate)
        meters.loadTime.set(surroundings.clock.now - start)
    }

    /// A number that no version had before.
    static func nextSerial() -> UInt64 { serials.wrappingAdd(1, ordering: .relaxed).newValue }

    private func startInstances(of model: Model, _ gate: ExecutionGate?) throws(ServingError) {
        let held = HeldModel(model)
        meters.weightBytes.set(Int64(model.weightByteCount))
        let warmUp = try WarmUpPlan(configuration, check: check)
        let report = WarmUpReport()
        let count = max(1, configuration.instanceCount)
        var startedCount = 0
        var passes = [ExecutionPass?](repeating: nil, count: count)
        for (index, need) in configuration.needs.prefix(count).enumerated() {
            if let need { passes[index] = try gate?.pass(need, of: configuration.name) }
        }
        for (index, pass) in passes.enumerated() {
            let isStarted = Threads.start { [configuration, scheduler, padding] in
                guard let model = held.model else { return }
                var instance = ModelInstance(index, of: model, configuration, scheduler: scheduler, pass: pass, padding)
                let failure = warmUp.run(on: &instance)
                instance.noteMemory()
                report.note(failure)
                InstanceRunner(instance, index, scheduler: scheduler).work()
            }
            if isStarted { startedCount += 1 }
        }
        let failure = report.wait(for: startedCount)
        guard startedCount == count, failure == nil else {
            scheduler.close()
            throw failure
                ?? ServingError(
                    .resourceExhausted,
                    "model '\(configuration.name)': the system started \(startedCount) of \(count) threads")
        }
    }

    /// Takes no more requests; those that are there are still answered.
    func retire() { scheduler.close() }

    func infer(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse? {
        let prepared: Prepared
        switch try prepare(request) {
        case .kept(let response): return response
        case .ready(let ready): prepared = ready
        }
        let outcome = await withTaskCancellationHandler {
            // SAFETY: the scheduler tells the receiver once, whatever becomes of the request.
            await unsafe withUnsafeContinuation { continuation in
                submit(prepared, mayRunHere: false) { unsafe continuation.resume(returning: $0) }
            }
        } onCancel: {
            cancel(prepared)
        }
        return try conclude(prepared.slot, outcome, request)
    }

    /// A request that is ready for the queue.
    struct Prepared {
        let slot: RequestSlot
        let generation: UInt64
        let arrival: Batcher.Arrival
    }

    /// What becomes of a request at once: it waits for its turn, or its response was kept.
    enum Preparation {
        case ready(Prepared)
        case kept(InferenceResponse)
    }

    /// Checks a request and counts it in.
    ///
    /// - Throws: ``ServingError`` that says what is wrong with the request, or why it was refused.
    func prepare(_ request: InferenceRequest) throws(ServingError) -> Preparation {
        let (slot, generation) = scheduler.takeSlot()
        do throws(ServingError) {
            try check.fill(slot, with: request)
            try form.check(request)
            try scheduler.sequences?.check(slot, request)
            if let response = try kept(slot, request) {
                scheduler.giveBack(slot)
                return .kept(response)
            }
            try meters.admit(slot.byteCount, isPart: slot.isPart, configuration.name, request)
        } catch {
            scheduler.giveBack(slot)
            throw error
        }
        return .ready(Prepared(slot: slot, generation: generation, arrival: arrival(slot, request)))
    }

    /// Puts a request into the queue; the receiver hears how it ends, perhaps before this returns.
    func submit(
        _ prepared: Prepared, mayRunHere: Bool, _ receiver: @escaping @Sendable (RequestSlot.Outcome) -> Void
    ) {
        scheduler.submit(prepared.slot, prepared.arrival, mayRunHere: mayRunHere, receiver)
    }

    /// Takes a request back that was put into the queue or is about to be.
    func cancel(_ prepared: Prepared) { scheduler.cancel(prepared.slot, generation: prepared.generation) }

    /// The response to a request that has ended; nil when the version is on its way out and another one is to be asked.
    ///
    /// - Throws: ``ServingError`` that says why the request failed.
    func conclude(
        _ slot: RequestSlot, _ outcome: RequestSlot.Outcome, _ request: InferenceRequest
    ) throws(ServingError) -> InferenceResponse? {
        slot.takeBack()
        switch outcome {
        case .abandoned(let error): throw error
        case .closed:
            release(slot)
            return nil
        case .failed(var error):
            release(slot)
            error.message = request.prefix + error.message
            throw error
        case .done:
            keep(slot)
            defer { release(slot) }
            return InferenceResponse(
                model: configuration.name, version: text, id: request.id,
                outputs: try form.outputs(slot.outputs, for: request), parameters: [:], times: slot.times)
        }
    }

    /// The response kept for an equal request.
    private func kept(_ slot: RequestSlot, _ request: InferenceRequest) throws(ServingError) -> InferenceResponse? {
        guard let cache else { return nil }
        let start = scheduler.clock.now
        let outputs = cache.outputs(key(slot), now: start)
        let time = UInt64(max(0, scheduler.clock.now - start))
        guard let outputs else {
            scheduler.noteCacheMiss(time, isNew: true)
            return nil
        }
        scheduler.noteCacheHit(time)
        return InferenceResponse(
            model: configuration.name, version: text, id: request.id, outputs: try form.outputs(outputs, for: request),
            parameters: [:], times: StageTimes())
    }

    /// Keeps the outputs of a request for equal ones.
    private func keep(_ slot: RequestSlot) {
        guard let cache else { return }
        let start = scheduler.clock.now
        cache.keep(slot.outputs, for: key(slot), now: start)
        scheduler.noteCacheMiss(UInt64(max(0, scheduler.clock.now - start)), isNew: false)
    }

    private func key(_ slot: RequestSlot) -> ResponseCache.Key {
        ResponseCache.Key(version: serial, inputs: slot.inputs.map { $0.tensor.map { CachedTensor($0) } })
    }

    private func release(_ slot: RequestSlot) {
        meters.leave(slot.byteCount, isPart: slot.isPart)
        scheduler.giveBack(slot)
    }

    private func arrival(_ slot: RequestSlot, _ request: InferenceRequest) -> Batcher.Arrival {
        var arrival = Batcher.Arrival(ticket: slot.index)
        arrival.size = slot.batchSize
        arrival.shape = slot.shapeKey
        arrival.priority = request.priority
        arrival.sequence = slot.sequence.mark
        arrival.timeout = request.timeout?.wholeNanoseconds
        if let deadline = request.deadline {
            let (now, left) = (scheduler.clock.now, ContinuousClock.now.duration(to: deadline).wholeNanoseconds)
            arrival.deadline = left > .max - now ? .max : now + left
        }
        return arrival
    }
}
