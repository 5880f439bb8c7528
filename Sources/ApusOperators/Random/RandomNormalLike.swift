// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A tensor of its input's shape with normally distributed random elements.
package struct RandomNormalLike: Operator {
    package static let schema = Schema("RandomNormalLike", inputs: 1...1)

    private let mean: Double
    private let scale: Double
    private let seed: Float?
    private let elementType: ElementType?

    package init(_ node: NodeReader) throws(ComputeError) {
        mean = Double(try node.float("mean", default: 0))
        scale = Double(try node.float("scale", default: 1))
        seed = try node.optionalFloat("seed")
        elementType = try node.optionalElementType("dtype")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(maybe: elementType ?? inputs.elementType(0), inputs.dimensions(0))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        var random = MersenneTwister(seed, outputs.context)
        try outputs.writeReals(0, elementType ?? source.elementType, source.shape) { mean + scale * random.normal() }
    }
}
