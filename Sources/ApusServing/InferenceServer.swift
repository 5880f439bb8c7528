// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol
package import ApusTelemetry

/// The server behind every edge: it takes neutral requests and knows no protocol.
package final class InferenceServer: Sendable {
    /// What the server allows.
    package let options: ServingOptions
    /// The models that are served.
    package let host: ModelHost
    private let repository: (any RepositoryControl)?
    private let observer: RequestObserver?

    /// Makes a server of the models of a host, which come from a repository unless they are loaded by hand.
    package init(
        options: ServingOptions, host: ModelHost, repository: (any RepositoryControl)? = nil,
        observer: RequestObserver? = nil
    ) {
        self.observer = observer
        self.options = options
        self.host = host
        self.repository = repository
    }

    /// Everything the server counts.
    package var metrics: MetricsRegistry { host.metrics }

    /// Runs a model on the inputs of a request; cancelling the task takes the request back.
    ///
    /// - Throws: ``ServingError`` that names the field, what was expected and what was there, or why it was refused.
    package func infer(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
        guard let observer else { return try await host.infer(request) }
        let watch = observer.begin(request)
        do throws(ServingError) {
            let response = try await host.infer(request)
            if watch != nil { observer.end(watch, request, .success(response)) }
            return response
        } catch {
            observer.end(watch, request, .failure(error))
            throw error
        }
    }

    /// Runs a model on the inputs of a request for a caller that is no task: see ``ModelHost/begin(_:_:hop:_:)``.
    package func begin(
        _ request: InferenceRequest, _ pending: PendingInference,
        hop: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
        _ completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {
        guard let observer else { return host.begin(request, pending, hop: hop, completion) }
        let watch = observer.begin(request)
        host.begin(request, pending, hop: hop) { result in
            if watch != nil || result.isFailure { observer.end(watch, request, result) }
            completion(result)
        }
    }

    /// What the server says of itself.
    package func serverMetadata() -> ServerMetadata {
        ServerMetadata(name: options.name, version: options.version, extensions: Self.extensions)
    }

    /// What a model says of itself; an empty version means all versions.
    ///
    /// - Throws: ``ServingError`` with code `notFound`, or why the model could not be loaded.
    package func modelMetadata(_ model: String, version: String) async throws(ServingError) -> ModelMetadata {
        let isInside = try await host.residency?.enter(model) ?? false
        defer { if isInside { host.residency?.leave(model) } }
        return try host.metadata(model, version: version)
    }

    /// A model's configuration as the protocol shows it.
    ///
    /// - Throws: ``ServingError`` with code `notFound`, or why the model could not be loaded.
    package func modelConfiguration(
        _ model: String, version: String
    ) async throws(ServingError) -> Inference_ModelConfig {
        let isInside = try await host.residency?.enter(model) ?? false
        defer { if isInside { host.residency?.leave(model) } }
        return try host.configuration(model, version: version).message
    }

    /// The statistics of all models, of all versions of one, or of one version.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a model that is not served.
    package func statistics(_ model: String?, version: String?) throws(ServingError) -> [ModelStatistics] {
        try host.statistics(model, version: version)
    }

    /// The models there are, with the state of each version.
    package func repositoryIndex(onlyReady: Bool) -> [RepositoryIndexEntry] {
        repository?.index(onlyReady: onlyReady) ?? host.index()
    }

    /// Loads a model of the repository, or loads it again.
    ///
    /// - Throws: ``ServingError`` when models may not be loaded on request, or this one cannot be.
    package func load(
        _ model: String, parameters: [String: ParameterValue], files: [String: [UInt8]]
    ) async throws(ServingError) {
        try await controlled().load(model, parameters: parameters, files: files)
    }

    /// Unloads a model.
    ///
    /// - Throws: ``ServingError`` when models may not be unloaded on request.
    package func unload(_ model: String, withDependents: Bool) async throws(ServingError) {
        try await controlled().unload(model, withDependents: withDependents)
    }

    /// Whether the server answers at all.
    package var isLive: Bool { true }

    /// Whether the server takes requests: what should be loaded is, and no shutdown has begun.
    package var isReady: Bool { !host.isShuttingDown && repository?.isReady ?? true }

    /// Whether a version of a model takes requests, if only after it is loaded; an empty version means the newest.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a version that is no number.
    package func isReady(_ model: String, version: String) throws(ServingError) -> Bool {
        if try host.isReady(model, version: version) { return true }
        return !host.isShuttingDown && repository?.loadsOnRequest(model, version: version) ?? false
    }

    /// Refuses requests from now on and is not ready any more; those under way go on.
    package func beginShutdown() { host.beginShutdown() }

    /// Waits until no request is under way, but no longer than the given time.
    ///
    /// - Returns: The requests that are left.
    package func drain(within time: Duration) async -> Int { await host.drain(within: time) }

    private func controlled() throws(ServingError) -> any RepositoryControl {
        guard let repository else {
            throw ServingError(
                .unavailable, "explicit model load / unload is not allowed: there is no model repository")
        }
        return repository
    }

    private static let extensions = [
        "classification", "sequence", "model_repository", "model_repository(unload_dependents)", "schedule_policy",
        "model_configuration", "system_shared_memory", "cuda_shared_memory", "binary_tensor_data", "parameters",
        "statistics", "trace", "logging",
    ]
}

extension Result {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}
