// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Divides every item by the root of the mean square over its last dimensions.
package struct RMSNormalization: MixedOperator {
    package static let schema = Schema("RMSNormalization", since: 23, inputs: 2...2)

    /// The first dimension normalized over.
    package let axis: Int
    /// What is added to the mean square.
    package let epsilon: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: -1)
        epsilon = try node.float("epsilon", default: 1e-5)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if let dimensions = inputs.dimensions(0) { _ = try Shape(dimensions.map { _ in 1 }).axis(axis) }
        return [.tensor(maybe: inputs.elementType(1), inputs.dimensions(0))]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let shape = input.shape
        let first = try shape.axis(axis)
        let size = Shape(shape.dropFirst(first)).elementCount
        let rows = Shape(shape.prefix(first)).elementCount
        let factors = try inputs.tensor(1)
        let scale = try LayerNormalization.parameter(factors, shape, first, of: Element.self)
        let wide = try input.cast(to: Element.elementType)
        let source = try wide.elements(of: Element.self)
        try outputs.write(0, of: Element.self, shape, as: factors.elementType) { (target) throws(ComputeError) in
            for row in 0..<rows where size > 0 {
                let start = row &* size
                let square = Moments.spread(source, start..<start &+ size, around: 0) / Double(size)
                let factor = Element(1 / (square + Double(epsilon)).squareRoot())
                let scaleStart = scale.count == size ? 0 : start
                for index in 0..<size {
                    target[start &+ index] = source[start &+ index] * factor * scale[scaleStart &+ index]
                }
            }
        }
    }
}
