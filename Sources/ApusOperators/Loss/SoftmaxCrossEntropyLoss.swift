// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The loss of scores as they come, by way of the logarithm of their softmax.
package struct SoftmaxCrossEntropyLoss: RealOperator {
    package static let schema = Schema("SoftmaxCrossEntropyLoss", since: 12, inputs: 2...3, outputs: 1...2)

    private let loss: ClassLoss

    package init(_ node: NodeReader) throws(ComputeError) { loss = try ClassLoss(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        return [.tensor(maybe: type, try loss.infer(inputs)), .tensor(maybe: type, inputs.dimensions(0))]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let shape = input.shape
        guard shape.rank >= 2 else { throw .shape("classes are missing from \(shape)") }
        let source = try input.elements(of: Element.self)
        var tensor = try outputs.makeTensor(1, Element.elementType, shape)
        var target = try tensor.elements(of: Element.self)
        let classes = shape[1]
        let plane = Shape(shape.dropFirst(2)).elementCount
        if target.count > 0 {
            for place in 0..<shape[0] * plane {
                let start = place / plane &* classes &* plane &+ place % plane
                var largest = source[start]
                for label in 0..<classes { largest = max(largest, source[start &+ label &* plane]) }
                var sum = 0.0
                for label in 0..<classes { sum += Double.exp(Double(source[start &+ label &* plane] - largest)) }
                let logarithm = Element(Double.log(sum))
                for label in 0..<classes {
                    let index = start &+ label &* plane
                    target[index] = source[index] - largest - logarithm
                }
            }
        }
        let logarithms = tensor.finish()
        try loss.compute(logarithms.elements(of: Element.self), shape, inputs, &outputs)
        outputs.set(1, logarithms)
    }
}
