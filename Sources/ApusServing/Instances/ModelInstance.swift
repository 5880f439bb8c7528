// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusTelemetry
import ApusTensors

/// What one thread has to run batches of a version: a session and memory of its own.
struct ModelInstance {
    private let index: Int
    private let scheduler: Scheduler
    private let clock: ServingClock
    private let name: String
    private let session: Apus.Session
    private let bindings: Bindings
    private var memory: BatchMemory
    private let inputCount: Int
    /// What the instance waits for before each run; nil: nothing.
    private let pass: ExecutionPass?
    private let padding: PaddingPlan?
    private var noted = 0

    /// Makes the instance on the thread that will run it.
    init(
        _ index: Int, of model: Model, _ configuration: ModelConfiguration, scheduler: Scheduler,
        pass: ExecutionPass? = nil, _ padding: PaddingPlan? = nil
    ) {
        self.index = index
        self.pass = pass
        self.padding = padding
        self.scheduler = scheduler
        clock = scheduler.clock
        name = configuration.name
        session = model.makeSession()
        bindings = session.makeBindings()
        inputCount = model.signature.inputs.count
        memory = BatchMemory(
            inputCount: inputCount, maximumSize: configuration.maxBatchSize, meters: scheduler.meters)
        session.underlying.isCancelled = { scheduler.isStopped(index) }
    }

    /// Whether the instance has to wait for others before each run, so that only its own thread may run it.
    var waitsForOthers: Bool { pass != nil }

    /// Runs a batch when the rate limiter lets it, the wait for which counts as time of the batch.
    mutating func runWithPass(_ hands: Scheduler.Desk) -> BatchRecord {
        guard let pass else { return run(hands) }
        let start = clock.now
        pass.acquire()
        let waited = UInt64(max(0, clock.now - start))
        for slot in hands.slots { slot.times.batch &+= waited }
        defer { pass.release() }
        return run(hands)
    }

    /// Takes back what was noted of memory.
    func forgetMemory() { scheduler.meters.sessionBytes.add(-Int64(noted)) }

    /// Notes what session and batches hold.
    mutating func noteMemory() {
        let byteCount = session.memoryByteCount &+ memory.byteCount
        scheduler.meters.sessionBytes.add(Int64(byteCount &- noted))
        noted = byteCount
    }

    /// Runs one request for nothing but its effects on memory and caches.
    ///
    /// - Throws: ``ServingError`` as the run of any request.
    mutating func warmUp(_ slot: RequestSlot) throws(ServingError) {
        var times = StageTimes()
        try run([slot], rowCount: slot.batchSize, &times)
    }

    /// Runs a batch; how it went is noted in its requests' slots.
    private mutating func run(_ hands: Scheduler.Desk) -> BatchRecord {
        var record = BatchRecord()
        record.size = hands.size
        record.closing = hands.closing
        do throws(ServingError) {
            try run(hands.slots, rowCount: hands.size, &record.times)
            record.runCount = 1
        } catch {
            guard hands.slots.count > 1, error.code != .cancelled else {
                for slot in hands.slots { slot.failure = error }
                return record
            }
            runApart(hands, &record)
        }
        for slot in hands.slots {
            slot.times.copyIn = record.times.copyIn
            slot.times.compute = record.times.compute
            slot.times.copyOut = record.times.copyOut
        }
        return record
    }

    /// Runs the requests of a batch that failed one by one, so that none pays for another.
    private mutating func runApart(_ hands: Scheduler.Desk, _ record: inout BatchRecord) {
        scheduler.meters.retried.add()
        for slot in hands.slots {
            slot.outputs.removeAll(keepingCapacity: true)
            do throws(ServingError) {
                try run([slot], rowCount: slot.batchSize, &record.times)
                record.runCount += 1
            } catch {
                slot.failure = error
            }
        }
    }

    /// Gathers, runs and splits; the times are added to.
    private mutating func run(
        _ slots: [RequestSlot], rowCount: Int, _ times: inout StageTimes
    ) throws(ServingError) {
        defer { letGo() }
        let start = clock.now
        do throws(EngineError) {
            if let sequences = scheduler.sequences { for slot in slots { sequences.fill(slot) } }
            let length = padding?.commonLength(slots)
            try gather(slots, rowCount, length)
            let gathered = clock.now
            times.copyIn &+= UInt64(max(0, gathered - start))
            try session.run(bindings)
            let computed = clock.now
            times.compute &+= UInt64(max(0, computed - gathered))
            try split(slots, rowCount, isPadded: length != nil)
            if let sequences = scheduler.sequences { for slot in slots { sequences.collect(slot) } }
            times.copyOut &+= UInt64(max(0, clock.now - computed))
        } catch {
            throw ServingError(error, model: name)
        }
    }

    private mutating func gather(_ slots: [RequestSlot], _ rowCount: Int, _ length: Int?) throws(EngineError) {
        for position in 0..<inputCount {
            let datum: Datum
            do throws(ComputeError) {
                if let length, let input = padding?.input(at: position) {
                    datum = try memory.padded(input, of: slots, rowCount: rowCount, length: length)
                } else {
                    datum = try memory.joined(position, of: slots, rowCount: rowCount)
                }
            } catch {
                throw EngineError(error)
            }
            try bindings.set(position, toData: datum)
        }
    }

    private func split(_ slots: [RequestSlot], _ rowCount: Int, isPadded: Bool) throws(EngineError) {
        guard slots.count > 1 else {
            guard let slot = slots.first else { return }
            for datum in bindings.outputs { slot.outputs.append(datum) }
            return
        }
        do throws(ComputeError) {
            try BatchParts.split(bindings.outputs, to: slots, rowCount: rowCount)
            if isPadded { try padding?.cut(slots) }
        } catch {
            throw EngineError(.malformedModel, error.message, cause: error)
        }
    }

    /// Lets go of inputs and outputs, so that their memory can be used again.
    private func letGo() {
        for position in 0..<inputCount { try? bindings.set(position, toData: .none) }
        for position in bindings.outputs.indices { bindings.outputs[position] = .none }
    }
}

extension ServingError {
    /// The failure of a model.
    init(_ error: EngineError, model: String) {
        let code: Code =
            switch error.code {
            case .shape, .value, .elementType, .name: .invalidArgument
            case .limit: .resourceExhausted
            case .cancelled: .cancelled
            default: .internal
            }
        self.init(code, "model '\(model)': \(error)")
    }
}
