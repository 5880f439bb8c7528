// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Normalizes every item over its last dimensions.
package struct LayerNormalization: MixedOperator {
    package static let schema = Schema("LayerNormalization", since: 17, inputs: 2...3, outputs: 1...3)

    /// The first dimension normalized over.
    package let axis: Int
    /// What is added to the variance.
    package let epsilon: Float
    private let stash: ElementType

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: -1)
        epsilon = try node.float("epsilon", default: 1e-5)
        stash = try node.elementType("stash_type", default: .float32)
        guard stash.isFloat else { throw .attribute("attribute 'stash_type' is \(stash.name)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let result = InferredValue(inputs.known(0)?.type ?? .unknown)
        guard let dimensions = inputs.dimensions(0) else { return [result, .tensor(stash, nil), .tensor(stash, nil)] }
        let first = try Shape(dimensions.map { _ in 1 }).axis(axis)
        let reduced = dimensions.prefix(first) + dimensions.dropFirst(first).map { _ in 1 }
        return [result, .tensor(stash, Array(reduced)), .tensor(stash, Array(reduced))]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let shape = input.shape
        let first = try shape.axis(axis)
        let size = Shape(shape.dropFirst(first)).elementCount
        let rows = Shape(shape.prefix(first)).elementCount
        let scale = try LayerNormalization.parameter(inputs.tensor(1), shape, first, of: Element.self)
        let bias = try inputs.optionalTensor(2).map { (tensor) throws(ComputeError) in
            try LayerNormalization.parameter(tensor, shape, first, of: Element.self)
        }
        let wide = try input.cast(to: Element.elementType)
        let source = try wide.elements(of: Element.self)
        var means = [Double](repeating: 0, count: rows)
        var inverses = means
        try outputs.write(0, of: Element.self, shape, as: input.elementType) { (target) throws(ComputeError) in
            for row in 0..<rows where size > 0 {
                let start = row &* size
                let (mean, variance) = Moments.of(source, start..<start &+ size)
                let inverse = 1 / (variance + Double(epsilon)).squareRoot()
                means[row] = mean
                inverses[row] = inverse
                let scaleStart = scale.count == size ? 0 : start
                let biasStart = bias?.count == size ? 0 : start
                let (factor, addend) = (Element(inverse), Element(-mean * inverse))
                for index in 0..<size {
                    let normal = source[start &+ index] * factor + addend
                    target[start &+ index] = normal * scale[scaleStart &+ index] + (bias?[biasStart &+ index] ?? 0)
                }
            }
        }
        let reduced = Shape(shape.prefix(first) + shape.dropFirst(first).map { _ in 1 })
        if outputs.isWanted(1) { outputs.set(1, try Tensor(means, shape: reduced).cast(to: stash)) }
        if outputs.isWanted(2) { outputs.set(2, try Tensor(inverses, shape: reduced).cast(to: stash)) }
    }

    /// A scale or bias for one item or, where it differs between items, for all of them.
    package static func parameter<Element: RealElement>(
        _ tensor: Tensor, _ shape: Shape, _ first: Int, of type: Element.Type
    ) throws(ComputeError) -> [Element] {
        let inner = Shape(shape.dropFirst(first))
        if tensor.elementCount == inner.elementCount { return try tensor.reals(as: Element.self) }
        if tensor.shape.rank <= inner.rank { return try tensor.reals(as: Element.self, broadcastTo: inner) }
        return try tensor.reals(as: Element.self, broadcastTo: shape)
    }
}
