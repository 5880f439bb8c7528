// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The Gaussian error linear unit.
package struct MicrosoftGelu: Operator {
    package static let schema = Schema("Gelu", domain: OperatorDomain.microsoft, inputs: 1...1)
    package static let widensHalf = true

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try outputs.writeMapped(0, try inputs.tensor(0)) { value, _ in FusedActivation.gelu(value) }
    }
}
