// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol
package import ApusTensors

/// How a model is served: its configuration, completed from its signature.
package struct ModelConfiguration: Sendable {
    /// The name.
    package var name: String
    /// What model metadata calls the platform, such as `onnxruntime_onnx`.
    package var platform = ""
    /// The largest batch; 0: the model does not batch, and shapes are used whole.
    package var maxBatchSize = 0
    /// The inputs, without the batch.
    package var inputs: [TensorSpecification] = []
    /// The outputs, without the batch.
    package var outputs: [TensorSpecification] = []
    /// How requests are made into batches; nil: each runs alone.
    package var batching: BatchPolicy?
    /// How requests of one sequence are kept together; nil: requests know nothing of each other.
    package var sequenceBatching: SequencePolicy?
    /// The models this one is made of; nil: it is a model itself.
    package var ensemble: EnsemblePlan?
    /// The instances that run at one time.
    package var instanceCount = 1
    /// Which of the version folders are served.
    package var versionPolicy = VersionPolicy.latest(1)
    /// The requests that run before the model is ready.
    package var warmUps: [WarmUp] = []
    /// The states of new sequences that are not zeros, by their inputs, with the batch in their shapes.
    package var initialStates: [String: Tensor] = [:]
    /// Whether responses are kept for equal requests.
    package var usesResponseCache = false
    /// Whether equal requests that are under way at one time run once.
    package var runsEqualRequestsOnce = false
    /// What each instance needs for every run, where the rate limiter is on; nil for one that needs nothing.
    package var needs: [ResourceNeed?] = []
    /// Whether one request may have any number of responses.
    package var isDecoupled = false
    /// Texts for whoever reads them, by name.
    package var parameters: [String: String] = [:]
    /// What metrics of the model are labelled with besides its name and version.
    package var metricTags: [String: String] = [:]
    /// What is said in the configuration and has no effect here, one sentence each.
    package var notes: [String] = []
    /// The configuration as the protocol shows it.
    package var message = Inference_ModelConfig()

    /// Makes the configuration of a model that does not batch.
    package init(name: String) { self.name = name }

    /// Requests that run before the model is ready.
    package struct WarmUp: Sendable {
        /// What messages call it.
        package var name: String
        /// How often it runs.
        package var count = 1
        /// The inputs, with the batch in their shapes.
        package var inputs: [RequestInput]

        /// Makes a warm-up.
        package init(name: String, count: Int = 1, inputs: [RequestInput]) {
            self.name = name
            self.count = count
            self.inputs = inputs
        }
    }

    /// What the model says of itself when the given versions are served, in the words of the protocol.
    package func metadata(versions: [String]) -> ModelMetadata {
        let batch: [Int64] = maxBatchSize > 0 ? [-1] : []
        func port(_ tensor: TensorSpecification) -> ModelMetadata.Port {
            ModelMetadata.Port(
                name: tensor.name, datatype: tensor.datatype, shape: batch + tensor.dimensions.map { Int64($0) })
        }
        return ModelMetadata(
            name: name, versions: versions, platform: platform, inputs: inputs.map(port), outputs: outputs.map(port))
    }
}
