// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The Gaussian error linear unit of a sum with a bias per feature.
package struct BiasGelu: Operator {
    package static let schema = Schema("BiasGelu", domain: OperatorDomain.microsoft, inputs: 2...2)
    package static let widensHalf = true

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let bias = try FeatureVector(try inputs.tensor(1), for: source)
        try outputs.writeMapped(0, source) { FusedActivation.gelu($0 + bias[$1]) }
    }
}
