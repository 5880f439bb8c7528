// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Random elements: how they are spread, where their generator starts, and of which type they are.
package struct RandomDraw {
    private enum Spread {
        case normal(mean: Double, scale: Double)
        case uniform(low: Double, high: Double)
    }

    /// The type asked for.
    let elementType: ElementType?
    private let spread: Spread
    private let seed: Float?

    private init(_ node: NodeReader, _ spread: Spread) throws(ComputeError) {
        self.spread = spread
        seed = try node.optionalFloat("seed")
        elementType = try node.optionalElementType("dtype")
    }

    /// Reads the attributes of an operator that draws from a normal distribution.
    static func normal(_ node: NodeReader) throws(ComputeError) -> RandomDraw {
        let mean = Double(try node.float("mean", default: 0))
        return try RandomDraw(node, .normal(mean: mean, scale: Double(try node.float("scale", default: 1))))
    }

    /// Reads the attributes of an operator that draws evenly from an interval.
    static func uniform(_ node: NodeReader) throws(ComputeError) -> RandomDraw {
        let low = Double(try node.float("low", default: 0))
        return try RandomDraw(node, .uniform(low: low, high: Double(try node.float("high", default: 1))))
    }

    /// Draws the first output, of another type where none was asked for.
    func write(_ shape: Shape, or elementType: ElementType, _ outputs: inout Outputs) throws(ComputeError) {
        var random = MersenneTwister(seed, outputs.context)
        let elementType = self.elementType ?? elementType
        switch spread {
        case .normal(let mean, let scale):
            try outputs.writeReals(0, elementType, shape) { mean + scale * random.normal() }
        case .uniform(let low, let high):
            try outputs.writeReals(0, elementType, shape) { low + (high - low) * random.uniform() }
        }
    }
}

/// An operator that draws a tensor of a shape it is given as an attribute.
package protocol RandomFill: Operator {
    /// What is drawn.
    var draw: RandomDraw { get }
    /// The shape.
    var shape: Shape { get }
}

extension RandomFill {
    /// Reads the shape.
    static func shape(_ node: NodeReader) throws(ComputeError) -> Shape {
        let shape = Shape(try node.integers("shape"))
        _ = try shape.checkedElementCount()
        return shape
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(draw.elementType ?? .float32, shape.map { Dimension($0) })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try draw.write(shape, or: .float32, &outputs)
    }
}

/// An operator that draws a tensor of its input's shape.
package protocol RandomLike: Operator {
    /// What is drawn.
    var draw: RandomDraw { get }
}

extension RandomLike {
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(maybe: draw.elementType ?? inputs.elementType(0), inputs.dimensions(0))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        try draw.write(source.shape, or: source.elementType, &outputs)
    }
}
