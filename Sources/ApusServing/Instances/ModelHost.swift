// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import Apus
import ApusKernels
package import ApusTelemetry
import Synchronization

/// The versions of models that are loaded, and the way of a request to one of them.
package final class ModelHost: Sendable {
    /// Everything that is counted.
    package let metrics: MetricsRegistry
    /// How models are to be opened: they share one pool of workers.
    package let engineOptions: Options
    /// What is allowed.
    package let options: ServingOptions

    struct Entry {
        var configuration: ModelConfiguration
        /// The lowest number first; empty for a model that was unloaded.
        var versions: [any ServedVersion]
    }

    private let entries = Lock<[String: Entry]>([:])
    let surroundings: ModelVersion.Surroundings
    private let shutdown = Atomic<Bool>(false)
    /// What keeps models within a budget of memory; nil: they are in memory as long as they are served.
    package let residency: Residency?

    /// Makes a host without models.
    package init(
        options: ServingOptions, metrics: MetricsRegistry = MetricsRegistry(), clock: ServingClock = .system
    ) {
        self.metrics = metrics
        self.options = options
        var engineOptions = Options()
        engineOptions.workers = WorkerPool(threadCount: options.threadCount ?? CoreQuota.coreCount)
        engineOptions.memoryLimitBytes = options.memoryLimitBytes
        self.engineOptions = engineOptions
        residency = options.residency.map { Residency($0, serving: options, clock: clock, metrics: metrics) }
        surroundings = ModelVersion.Surroundings(
            options: options, clock: clock, timekeeper: Timekeeper(clock: clock), metrics: metrics,
            admission: Admission(
                maximumRequests: options.maximumRequests, maximumBytes: options.maximumRequestBytes),
            cache: options.responseCacheBytes > 0
                ? ResponseCache(limitBytes: options.responseCacheBytes, lifetime: options.responseCacheTime) : nil,
            gate: options.rateLimits.map { ExecutionGate(limits: $0) })
    }

    // MARK: - Loading

    /// Serves the given versions of a model in place of those it had.
    ///
    /// New versions are made beside the old ones and warmed up; then all are switched at once, and the old ones finish
    /// what they have. Blocks: call it from a thread of its own, never from a task.
    ///
    /// `heapBefore`: The bytes of the heap in use before the models were opened, to measure what they take.
    /// - Throws: ``ServingError`` when a version does not fit its configuration or fails to warm up; what was served
    ///   before goes on.
    package func load(
        _ sources: [ModelSource], _ configuration: ModelConfiguration, heapBefore: Int? = nil
    ) throws(ServingError) {
        var versions: [ModelVersion] = []
        do throws(ServingError) {
            for source in sources.sorted(by: { $0.version < $1.version }) {
                guard source.version != versions.last?.number else {
                    throw ServingError(
                        .invalidArgument, "model '\(configuration.name)' has version \(source.version) twice")
                }
                versions.append(try ModelVersion(source, configuration, in: surroundings))
            }
        } catch {
            for version in versions { version.retire() }
            throw error
        }
        measurePlans(sources, versions, heapBefore)
        replace(configuration, versions) { _ in }
    }

    /// Switches to other versions of a model when the body, which sees all that are loaded, allows it.
    func replace<Failure: Error>(
        _ configuration: ModelConfiguration, _ versions: [any ServedVersion],
        check: ([String: Entry]) throws(Failure) -> Void
    ) throws(Failure) {
        let entry = Entry(configuration: configuration, versions: versions)
        let old = try entries.withLock { (entries) throws(Failure) in
            try check(entries)
            return entries.updateValue(entry, forKey: configuration.name)
        }
        for version in old?.versions ?? [] {
            version.retire()
            if !versions.contains(where: { $0.number == version.number }) { forget(configuration.name, version) }
        }
    }

    /// Stops serving all versions of a model, which finish what they have.
    ///
    /// - Returns: Whether there was any.
    @discardableResult
    package func unload(_ model: String) -> Bool {
        let old = entries.withLock { entries -> [any ServedVersion] in
            let versions = entries[model]?.versions ?? []
            entries[model]?.versions = []
            return versions
        }
        for version in old {
            version.retire()
            forget(model, version)
        }
        return !old.isEmpty
    }

    private func forget(_ model: String, _ version: any ServedVersion) {
        metrics.remove(where: ["model": model, "version": version.text])
    }

    /// Notes what the heap holds for new versions besides weights and sessions; others may have used it meanwhile, so
    /// that it is believed up to what plans may take.
    private func measurePlans(_ sources: [ModelSource], _ versions: [ModelVersion], _ heapBefore: Int?) {
        guard let heapBefore, let heapNow = HeapMemory.usedByteCount, let newest = versions.last else { return }
        let counted = versions.reduce(0) { $0 + $1.meters.memoryByteCount }
        let most = sources.reduce(counted / 4) { $0 + $1.model.nodeCount * 16_384 }
        newest.meters.planBytes.set(Int64(min(max(heapNow - heapBefore - counted, 0), most)))
    }

    /// The bytes that a model takes of memory, all versions together, as measured; 0 for one that is not served.
    package func memoryByteCount(of model: String) -> Int {
        entries.withLock { $0[model]?.versions ?? [] }.reduce(0) { $0 + $1.memoryByteCount }
    }

    // MARK: - Requests

    /// Runs a request, after its model is in memory.
    ///
    /// - Throws: ``ServingError`` as ``InferenceServer/infer(_:)``.
    package func infer(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
        guard let residency, try await residency.enter(request) else { return try await inferHere(request) }
        defer { residency.leave(request.model) }
        return try await inferHere(request)
    }

    private func inferHere(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
        while true {
            // A step of an ensemble is part of a request that was admitted.
            guard !isShuttingDown || request.isPart else { throw shutDown(request) }
            let version = try find(request.model, request.version)
            if let response = try await version.inferOnce(request) { return response }
        }
    }

    func shutDown(_ request: InferenceRequest) -> ServingError {
        ServingError(.unavailable, request.prefix + "the server is shutting down", retryAfter: .seconds(1))
    }

    /// The version of a model that answers to a version's text; the newest for the empty text.
    ///
    /// - Throws: ``ServingError`` with code `notFound`, or `invalidArgument` for a text that is no number.
    func find(_ model: String, _ version: String) throws(ServingError) -> any ServedVersion {
        let number = try Self.number(version)
        let versions = try versions(of: model)
        guard let number else {
            guard let newest = versions.last else { throw Self.unknown(model, "has no available versions") }
            return newest
        }
        guard let found = versions.last(where: { $0.number == number }) else {
            throw Self.unknown(model, "version \(number) is not found")
        }
        return found
    }

    private func versions(of model: String) throws(ServingError) -> [any ServedVersion] {
        guard let versions = entries.withLock({ $0[model]?.versions }) else {
            throw Self.unknown(model, "is not found")
        }
        return versions
    }

    private static func unknown(_ model: String, _ what: String) -> ServingError {
        ServingError(.notFound, "Request for unknown model: '\(model)' \(what)")
    }

    /// The number of a version's text; nil for the empty text.
    private static func number(_ version: String) throws(ServingError) -> Int64? {
        guard !version.isEmpty else { return nil }
        guard let number = Int64(version), number >= 0 else {
            throw ServingError(
                .invalidArgument,
                "failed to get model version from specified version string '\(version)', version should be an "
                    + "integral value > 0")
        }
        return number
    }

    // MARK: - Answers about models

    /// What a model says of itself.
    ///
    /// - Throws: ``ServingError`` with code `notFound`.
    package func metadata(_ model: String, version: String) throws(ServingError) -> ModelMetadata {
        let found = try find(model, version)
        let versions = version.isEmpty ? try self.versions(of: model).map(\.text) : [found.text]
        return found.configuration.metadata(versions: versions)
    }

    /// A model's configuration.
    ///
    /// - Throws: ``ServingError`` with code `notFound`.
    package func configuration(_ model: String, version: String) throws(ServingError) -> ModelConfiguration {
        try find(model, version).configuration
    }

    /// The statistics of all models, of all versions of one, or of one version.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a model that is not served.
    package func statistics(_ model: String?, version: String?) throws(ServingError) -> [ModelStatistics] {
        guard let model, !model.isEmpty else {
            let all = entries.withLock { $0.sorted { $0.key < $1.key }.flatMap(\.value.versions) }
            return all.map(\.statistics)
        }
        do throws(ServingError) {
            if let version, !version.isEmpty { return [try find(model, version).statistics] }
            let versions = try versions(of: model)
            guard !versions.isEmpty else { throw Self.unknown(model, "has no available versions") }
            return versions.map(\.statistics)
        } catch {
            guard error.code == .notFound else { throw error }
            let isServed = entries.withLock { $0[model].map { !$0.versions.isEmpty } ?? false }
            throw ServingError(
                .invalidArgument,
                isServed
                    ? "requested model version is not available for model '\(model)'"
                    : "requested model '\(model)' is not available")
        }
    }

    /// The versions that are served, as lines of a repository's index.
    package func index() -> [RepositoryIndexEntry] {
        entries.withLock { $0.sorted { $0.key < $1.key } }.flatMap { name, entry in
            entry.versions.isEmpty
                ? [RepositoryIndexEntry(name: name, state: "UNAVAILABLE", reason: "unloaded")]
                : entry.versions.map { RepositoryIndexEntry(name: name, version: $0.text, state: "READY") }
        }
    }

    /// Whether a version of a model takes requests; an empty version means the newest.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a version that is no number.
    package func isReady(_ model: String, version: String) throws(ServingError) -> Bool {
        do throws(ServingError) {
            return try find(model, version).obstacle == nil && !isShuttingDown
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
    }

    // MARK: - The end

    /// Whether a shutdown has begun.
    package var isShuttingDown: Bool { shutdown.load(ordering: .acquiring) }

    /// The requests that were admitted and are not answered yet.
    package var requestCount: Int { surroundings.admission.requestCount }

    /// Refuses requests from now on; those under way go on.
    package func beginShutdown() { shutdown.store(true, ordering: .releasing) }

    /// Waits until no request is under way, but no longer than the given time.
    ///
    /// - Returns: The requests that are left.
    package func drain(within time: Duration) async -> Int {
        let end = ContinuousClock.now.advanced(by: time)
        while requestCount > 0, ContinuousClock.now < end, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(2))
        }
        return requestCount
    }

    /// Stops serving every model; the threads end when what they have is done.
    package func unloadAll() {
        for name in entries.withLock({ Array($0.keys) }) { unload(name) }
    }
}
