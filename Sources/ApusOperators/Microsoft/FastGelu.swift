// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors
import Glibc

/// The Gaussian error linear unit by its approximation with a hyperbolic tangent, of a sum with an optional bias.
package struct FastGelu: Operator {
    package static let schema = Schema("FastGelu", domain: OperatorDomain.microsoft, inputs: 1...2)
    package static let widensHalf = true

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard let tensor = try inputs.optionalTensor(1) else {
            return try outputs.writeMapped(0, source) { value, _ in FastGelu.value(value) }
        }
        let bias = try FeatureVector(tensor, for: source)
        try outputs.writeMapped(0, source) { FastGelu.value($0 + bias[$1]) }
    }

    private static func value(_ value: Float) -> Float {
        0.5 * value * (1 + tanh(value * (0.797_884_6 + 0.035_677_41 * value * value)))
    }
}
