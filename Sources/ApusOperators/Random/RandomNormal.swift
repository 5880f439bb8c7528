// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A tensor of a given shape with normally distributed random elements.
package struct RandomNormal: Operator {
    package static let schema = Schema("RandomNormal", inputs: 0...0)

    private let mean: Double
    private let scale: Double
    private let seed: Float?
    private let shape: Shape
    private let elementType: ElementType

    package init(_ node: NodeReader) throws(ComputeError) {
        mean = Double(try node.float("mean", default: 0))
        scale = Double(try node.float("scale", default: 1))
        seed = try node.optionalFloat("seed")
        shape = Shape(try node.integers("shape"))
        elementType = try node.elementType("dtype", default: .float32)
        _ = try shape.checkedElementCount()
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(elementType, shape.map { Dimension($0) })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var random = MersenneTwister(seed, outputs.context)
        try outputs.writeReals(0, elementType, shape) { mean + scale * random.normal() }
    }
}
