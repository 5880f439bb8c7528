// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Divides rows by their root mean square; ONNX Runtime writes it into the default domain.
package struct SimplifiedLayerNormalization: Operator {
    package static let schema = Schema("SimplifiedLayerNormalization", inputs: 2...2, outputs: 1...2)
    package static let widensHalf = true

    private let axis: Int
    private let epsilon: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: -1)
        epsilon = try node.float("epsilon", default: 1e-5)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let axis = try source.shape.axis(axis)
        let width = source.shape.dimensions[axis...].reduce(1, *)
        let normalization = try RowNormalization(
            width: width, epsilon: epsilon, subtractsMean: false, gamma: try inputs.tensor(1), beta: nil)
        var values = try source.array(of: Float.self)
        let (_, inverses) = normalization.apply(&values)
        outputs.set(0, try Tensor(values, shape: source.shape))
        let rows = Shape(source.shape.dimensions[..<axis] + source.shape.dimensions[axis...].map { _ in 1 })
        if outputs.isWanted(1), inverses.count == rows.elementCount {
            outputs.set(1, try Tensor(inverses, shape: rows))
        }
    }
}
