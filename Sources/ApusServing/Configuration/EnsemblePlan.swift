// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol

/// A model that is made of other models.
package struct EnsemblePlan: Sendable, Equatable {
    /// One model that runs, and where its tensors come from and go to.
    package struct Step: Sendable, Equatable {
        /// The model's name.
        package var model: String
        /// The version; -1 means by the model's own policy.
        package var version: Int64
        /// The ensemble's tensor for each input of the model.
        package var inputs: [String: String]
        /// The ensemble's tensor for each output of the model.
        package var outputs: [String: String]

        /// Makes a step.
        package init(model: String, version: Int64, inputs: [String: String], outputs: [String: String]) {
            self.model = model
            self.version = version
            self.inputs = inputs
            self.outputs = outputs
        }
    }

    /// The models, in the configuration's order.
    package var steps: [Step]
    /// The most requests between the steps at one time; 0: any number.
    package var maximumRequests: Int

    /// Makes a plan of steps.
    package init(steps: [Step]) {
        self.steps = steps
        maximumRequests = 0
    }

    /// Reads what a configuration says.
    package init(_ message: Inference_ModelEnsembling) {
        steps = message.step.map {
            Step(model: $0.modelName, version: $0.modelVersion, inputs: $0.inputMap, outputs: $0.outputMap)
        }
        maximumRequests = Int(message.maxInflightRequests)
    }
}
