// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors
import Glibc

/// One step of gradient descent along a running mean of the gradients, scaled by that of their squares.
package struct Adam: Operator {
    package static let schema = Schema(
        "Adam", domain: OperatorDomain.training, inputs: .atLeast(6), outputs: .atLeast(1))

    private let alpha: Double
    private let beta: Double
    private let epsilon: Double
    private let regularization: Double
    private let laterRegularization: Double

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = Double(try node.float("alpha", default: 0.9))
        beta = Double(try node.float("beta", default: 0.999))
        epsilon = Double(try node.float("epsilon", default: 1e-6))
        regularization = Double(try node.float("norm_coefficient", default: 0))
        laterRegularization = Double(try node.float("norm_coefficient_post", default: 0))
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        OptimizerStep.infer(inputs, kinds: 4, results: [0, 2, 3])
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let step = try OptimizerStep(inputs, kinds: 4)
        let count = Double(step.updateCount)
        let rate =
            step.updateCount > 0 ? step.rate * (1 - pow(beta, count)).squareRoot() / (1 - pow(alpha, count)) : step.rate
        try step.run(kinds: 4, results: [0, 2, 3], &outputs) { element in
            let gradient = regularization * element[0] + element[1]
            element[2] = alpha * element[2] + (1 - alpha) * gradient
            element[3] = beta * element[3] + (1 - beta) * gradient * gradient
            let moved = element[0] - rate * element[2] / (element[3].squareRoot() + epsilon)
            element[0] = (1 - laterRegularization) * moved
        }
    }
}
