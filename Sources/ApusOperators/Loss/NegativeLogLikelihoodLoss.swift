// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The negative of the logarithm of the right class's probability.
package struct NegativeLogLikelihoodLoss: RealOperator {
    package static let schema = Schema("NegativeLogLikelihoodLoss", since: 12, inputs: 2...3)

    private let loss: ClassLoss

    package init(_ node: NodeReader) throws(ComputeError) { loss = try ClassLoss(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(maybe: inputs.elementType(0), try loss.infer(inputs))]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        try loss.compute(input.elements(of: Element.self), input.shape, inputs, &outputs)
    }
}
