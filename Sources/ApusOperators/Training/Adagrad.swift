// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// One step of gradient descent with a rate per coordinate that shrinks with the gradients seen so far.
package struct Adagrad: Operator {
    package static let schema = Schema(
        "Adagrad", domain: OperatorDomain.training, inputs: .atLeast(5), outputs: .atLeast(1))

    private let decay: Double
    private let epsilon: Double
    private let regularization: Double

    package init(_ node: NodeReader) throws(ComputeError) {
        decay = Double(try node.float("decay_factor", default: 0))
        epsilon = Double(try node.float("epsilon", default: 1e-6))
        regularization = Double(try node.float("norm_coefficient", default: 0))
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        OptimizerStep.infer(inputs, kinds: 3, results: [0, 2])
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let step = try OptimizerStep(inputs, kinds: 3)
        let rate = step.rate / (1 + Double(step.updateCount) * decay)
        try step.run(kinds: 3, results: [0, 2], &outputs) { element in
            let gradient = regularization * element[0] + element[1]
            element[2] += gradient * gradient
            element[0] -= rate * gradient / (element[2].squareRoot() + epsilon)
        }
    }
}
