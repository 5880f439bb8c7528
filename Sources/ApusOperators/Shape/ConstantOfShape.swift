// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A tensor of a given shape that holds one value throughout.
package struct ConstantOfShape: Operator {
    package static let schema = Schema("ConstantOfShape", since: 9, inputs: 1...1)

    private let value: Tensor

    package init(_ node: NodeReader) throws(ComputeError) {
        if let given = try node.optionalTensor("value") { value = given } else { value = try Tensor(scalar: Float(0)) }
        guard value.elementCount == 1 else { throw .attribute("attribute 'value' is \(value), not one element") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let sizes = inputs.elements(0) else {
            let rank = inputs.length(0)
            return [.tensor(value.elementType, rank.map { [Dimension](repeating: .unknown, count: $0) })]
        }
        if sizes.count == 1, let count = sizes[0].value, count >= 0, count <= InferredValue.elementLimit,
            value.elementType.isInteger, let integer = try? value.scalarInteger()
        {
            return [.integers(value.elementType, [Dimension](repeating: Dimension(integer), count: count))]
        }
        return [.tensor(value.elementType, sizes)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let shape = Shape(try inputs.tensor(0).integers())
        outputs.set(0, try Canvas.filled(with: value, shape, in: outputs.context).finish())
    }
}
