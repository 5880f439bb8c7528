// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// How an ensemble comes to the models of its steps, which may be loaded, reloaded and unloaded beside it.
struct EnsembleParts: Sendable {
    /// The version of a model that answers now; nil when there is none.
    var find: @Sendable (_ model: String, _ version: String) -> (any ServedVersion)?
    /// Runs the request of a step.
    var infer: @Sendable (InferenceRequest) async throws(ServingError) -> InferenceResponse
}
