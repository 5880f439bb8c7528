// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// One step of gradient descent with the standard or Nesterov's momentum.
package struct Momentum: Operator {
    package static let schema = Schema(
        "Momentum", domain: OperatorDomain.training, inputs: .atLeast(5), outputs: .atLeast(1))

    private enum Mode: String, CaseIterable {
        case standard
        case nesterov
    }

    private let mode: Mode
    private let alpha: Double
    private let beta: Double
    private let regularization: Double

    package init(_ node: NodeReader) throws(ComputeError) {
        mode = try node.choice("mode", default: .standard)
        guard let alpha = try node.optionalFloat("alpha"), let beta = try node.optionalFloat("beta"),
            let regularization = try node.optionalFloat("norm_coefficient")
        else { throw .attribute("'alpha', 'beta' or 'norm_coefficient' is missing") }
        self.alpha = Double(alpha)
        self.beta = Double(beta)
        self.regularization = Double(regularization)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        OptimizerStep.infer(inputs, kinds: 3, results: [0, 2])
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let step = try OptimizerStep(inputs, kinds: 3)
        let beta = step.updateCount > 0 ? self.beta : 1
        try step.run(kinds: 3, results: [0, 2], &outputs) { element in
            let gradient = regularization * element[0] + element[1]
            element[2] = alpha * element[2] + beta * gradient
            let direction = mode == .standard ? element[2] : gradient + alpha * element[2]
            element[0] -= step.rate * direction
        }
    }
}
