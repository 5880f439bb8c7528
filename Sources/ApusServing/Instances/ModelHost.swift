// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import Apus
package import ApusTelemetry
import Synchronization

/// The versions of models that are loaded, and the way of a request to one of them.
package final class ModelHost: Sendable {
    /// Everything that is counted.
    package let metrics: MetricsRegistry
    /// How models are to be opened: they share one pool of workers.
    package let engineOptions: Options

    /// Makes a host without models.
    package init(options: ServingOptions, metrics: MetricsRegistry = MetricsRegistry()) {
        self.metrics = metrics
        engineOptions = Options()
    }

    /// Serves the given versions of a model in place of those it had.
    ///
    /// New versions are made beside the old ones and warmed up; then all are switched at once, and the old ones finish
    /// what they have. Blocks: call it from a thread of its own, never from a task.
    ///
    /// - Throws: ``ServingError`` when a version does not fit its configuration or fails to warm up; what was served before goes on.
    package func load(_ sources: [ModelSource], _ configuration: ModelConfiguration) throws(ServingError) {
    }

    /// Stops serving all versions of a model; they finish what they have. False when there was none.
    @discardableResult
    package func unload(_ model: String) -> Bool { false }

    /// Runs a request.
    ///
    /// - Throws: ``ServingError`` as ``InferenceServer/infer(_:)``.
    package func infer(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
        throw ServingError(.unavailable, "no model is loaded")
    }

    /// What a model says of itself.
    ///
    /// - Throws: ``ServingError`` with code `notFound`.
    package func metadata(_ model: String, version: String) throws(ServingError) -> ModelMetadata {
        throw ServingError(.notFound, "no model")
    }

    /// A model's configuration.
    ///
    /// - Throws: ``ServingError`` with code `notFound`.
    package func configuration(_ model: String, version: String) throws(ServingError) -> ModelConfiguration {
        throw ServingError(.notFound, "no model")
    }

    /// The statistics of all models, of all versions of one, or of one version.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a model that is not served.
    package func statistics(_ model: String?, version: String?) throws(ServingError) -> [ModelStatistics] { [] }

    /// The versions that are served, as lines of a repository's index.
    package func index() -> [RepositoryIndexEntry] { [] }

    /// Whether a version of a model takes requests; an empty version means the newest.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a version that is no number.
    package func isReady(_ model: String, version: String) throws(ServingError) -> Bool { false }

    /// Whether a shutdown has begun.
    package var isShuttingDown: Bool { false }

    /// Refuses requests from now on; those under way go on.
    package func beginShutdown() {}

    /// Waits until no request is under way, but no longer than the given time.
    ///
    /// - Returns: The requests that are left.
    package func drain(within time: Duration) async -> Int { 0 }
}
