// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing

/// Configurations of ensembles of small models.
enum EnsembleConfiguration {
    /// A step that runs a model of one input `x` and one output `y`.
    static func step(_ model: String, _ input: String, _ output: String, version: Int64 = -1) -> EnsemblePlan.Step {
        EnsemblePlan.Step(model: model, version: version, inputs: ["x": input], outputs: ["y": output])
    }

    /// An ensemble over `f32[2]`.
    static func make(
        _ name: String, _ steps: [EnsemblePlan.Step], inputs: [String] = ["x"], outputs: [String] = ["y"],
        maxBatchSize: Int = 8, _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) -> ModelConfiguration {
        var configuration = ModelConfiguration(name: name)
        configuration.platform = "ensemble"
        configuration.maxBatchSize = maxBatchSize
        configuration.inputs = inputs.map { TensorSpecification(name: $0, datatype: .float32, dimensions: [2]) }
        configuration.outputs = outputs.map { TensorSpecification(name: $0, datatype: .float32, dimensions: [2]) }
        configuration.ensemble = EnsemblePlan(steps: steps)
        change(&configuration)
        return configuration
    }
}
