// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Ones drawn with the probabilities its input gives, zeros elsewhere.
package struct Bernoulli: Operator {
    package static let schema = Schema("Bernoulli", since: 15, inputs: 1...1)

    private let seed: Float?
    private let elementType: ElementType?

    package init(_ node: NodeReader) throws(ComputeError) {
        seed = try node.optionalFloat("seed")
        elementType = try node.optionalElementType("dtype")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(maybe: elementType ?? inputs.elementType(0), inputs.dimensions(0))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let chances = try source.doubles()
        var random = MersenneTwister(seed, outputs.context)
        var position = 0
        try outputs.writeNumbers(0, elementType ?? source.elementType, source.shape) {
            position += 1
            return random.uniform() < chances[position - 1] ? 1 : 0
        }
    }
}
