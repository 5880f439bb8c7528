// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Divides by the p-norm along one dimension; where it is 0 the result is 0.
package struct LpNormalization: RealOperator {
    package static let schema = Schema("LpNormalization", inputs: 1...1)

    private let axis: Int
    private let power: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: -1)
        power = try node.integer("p", default: 2)
        guard power == 1 || power == 2 else { throw .attribute("attribute 'p' is \(power), expected 1 or 2") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if let dimensions = inputs.dimensions(0) { _ = try Shape(dimensions.map { _ in 1 }).axis(axis) }
        return [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let along = try input.shape.axis(axis)
        let source = try input.elements(of: Element.self)
        let norm = PowerNorm<Double>(Double(power))
        let size = input.shape[along]
        let inner = input.shape.strides[along]
        try outputs.write(0, of: Element.self, input.shape) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            for line in 0..<target.count / size {
                let start = line / inner &* inner &* size &+ line % inner
                var sum = 0.0
                for step in 0..<size { sum += norm.term(Double(source[start &+ step &* inner])) }
                let length = norm.root(sum)
                for step in 0..<size {
                    let index = start &+ step &* inner
                    target[index] = length == 0 ? 0 : Element(Double(source[index]) / length)
                }
            }
        }
    }
}
