// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import Apus
import ApusKernels
import ApusTelemetry
import ApusTensors

/// Measures how a model is best served, for a bounded time and once on each machine.
package struct SelfBenchmark: Sendable {
    private let cache: UserCache?
    /// The longest all measurements of one model together may take, but for a single run.
    private let budget: Duration
    private static let mostRows = 64
    private static let mostElements = 1 << 24
    /// What sizes that vary are taken as.
    package static let varyingSize = 32

    /// Measures for so long at most; what was measured is kept in the cache, where there is one.
    package init(cache: UserCache? = UserCache(), budget: Duration = .milliseconds(200)) {
        self.cache = cache
        self.budget = budget
    }

    /// How a model is best served by the threads of its options; nil where it cannot be measured: inputs of strings or
    /// without a batch, or a model that refuses zeros.
    package func choice(for model: Model, _ configuration: ModelConfiguration, options: Options) -> ServingChoice? {
        let threads = options.workers?.threadCount ?? options.threadCount ?? CoreQuota.coreCount
        let name = "serving-\(model.structureDigest).txt"
        let title = "\(UserCache.machine) threads \(threads)"
        if let text = cache?.read(name) {
            let lines = text.split(separator: "\n")
            if let place = lines.firstIndex(where: { $0 == title }), place + 1 < lines.count,
                let known = ServingChoice(line: lines[place + 1])
            {
                return known
            }
        }
        guard let measured = measure(model, configuration, threads) else { return nil }
        let choice = ServingChoice.choose(measured, threadCount: threads)
        // Machines that share a folder each have their lines.
        let others = cache?.read(name).map { $0.split(separator: "\n").suffix(62).joined(separator: "\n") + "\n" } ?? ""
        cache?.write(name, "\(others)\(title)\n\(choice.line)\n")
        return choice
    }

    private func measure(
        _ model: Model, _ configuration: ModelConfiguration, _ threadCount: Int
    ) -> ServingChoice.Measurements? {
        let clock = ContinuousClock()
        let end = clock.now + budget * 0.7
        var measured = ServingChoice.Measurements(times: [])
        let session = model.makeSession()
        var rows = 1
        while rows <= Self.mostRows {
            guard let inputs = inputs(of: model, configuration, rows: rows),
                let time = time(session, inputs, until: end)
            else { break }
            measured.times.append((rows, time))
            // What will not be in time is not begun, and what does not help is not made larger.
            let isUseful = ServingChoice.usefulBatch(measured.times) == rows
            guard isUseful, clock.now + .nanoseconds(Int64(2 * time)) < end else { break }
            rows *= 2
        }
        guard let first = measured.times.first else { return nil }
        guard threadCount > 1, first.nanoseconds * 4 * Double(threadCount) < Double((budget * 0.3).wholeNanoseconds)
        else { return measured }
        measureApart(model, configuration, threadCount, &measured)
        return measured
    }

    /// Measures one instance for each thread.
    private func measureApart(
        _ model: Model, _ configuration: ModelConfiguration, _ threadCount: Int,
        _ measured: inout ServingChoice.Measurements
    ) {
        let batch = ServingChoice.usefulBatch(measured.times)
        guard let alone = model.sharing(WorkerPool(threadCount: 1)),
            let one = inputs(of: model, configuration, rows: 1),
            let inputs = inputs(of: model, configuration, rows: batch)
        else { return }
        let clock = ContinuousClock()
        let end = clock.now + budget * 0.3
        measured.singleThread = time(alone.makeSession(), one, until: end)
        let counts = Lock([Int]())
        let signal = Signal()
        var startedCount = 0
        let start = clock.now
        for _ in 0..<threadCount {
            let isStarted = Threads.start {
                let session = alone.makeSession()
                var count = 0
                while clock.now < end, (try? session.run(inputs)) != nil { count += 1 }
                counts.withLock { $0.append(count) }
                signal.raise()
            }
            if isStarted { startedCount += 1 }
        }
        for _ in 0..<startedCount { signal.wait() }
        let elapsed = Double((clock.now - start).wholeNanoseconds)
        let count = counts.withLock { $0.reduce(0, +) }
        if startedCount == threadCount, count >= 2 * threadCount { measured.apart = elapsed / Double(count) }
    }

    /// The fastest of up to five runs after one that warms up, in nanoseconds; nil when the model refuses.
    private func time(_ session: Session, _ inputs: [String: Tensor], until end: ContinuousClock.Instant) -> Double? {
        let clock = ContinuousClock()
        var best: Double?
        for round in 0..<6 {
            let start = clock.now
            if round > 1, start > end { break }
            guard (try? session.run(inputs)) != nil else { return nil }
            let time = Double((clock.now - start).wholeNanoseconds)
            // The first run prepares memory; it counts where there is no time for another.
            if round != 1 { best = min(best ?? .infinity, time) } else { best = time }
        }
        return best.map { max($0, 1) }
    }

    private func inputs(of model: Model, _ configuration: ModelConfiguration, rows: Int) -> [String: Tensor]? {
        guard configuration.maxBatchSize > 0 else { return nil }
        var inputs: [String: Tensor] = [:]
        for specification in configuration.inputs {
            let sizes = (specification.reshape ?? specification.dimensions).map { $0 < 0 ? Self.varyingSize : $0 }
            let shape = Shape([rows] + sizes)
            guard specification.datatype != .bytes, let count = try? shape.checkedElementCount(),
                count <= Self.mostElements,
                let tensor = try? MutableTensor(specification.datatype.elementType, shape)
            else { return nil }
            inputs[specification.name] = tensor.finish()
        }
        return inputs.count == model.signature.inputs.count ? inputs : nil
    }
}
