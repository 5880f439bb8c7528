// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A number times the logistic function of its multiple.
package struct QuickGelu: Operator {
    package static let schema = Schema("QuickGelu", domain: OperatorDomain.microsoft, inputs: 1...1)
    package static let widensHalf = true

    private let alpha: Float

    package init(_ node: NodeReader) throws(ComputeError) { alpha = try node.float("alpha", default: 1.702) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try outputs.writeMapped(0, try inputs.tensor(0)) { value, _ in
            value * FusedActivation.sigmoid(alpha * value)
        }
    }
}
