// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Multiplies matrices of 8-bit integers into 32-bit ones.
package struct MatMulInteger: Operator {
    package static let schema = Schema("MatMulInteger", since: 10, inputs: 2...4)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.int32, try ProductShape.infer(inputs[0]?.type.dimensions, inputs[1]?.type.dimensions))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try inputs.tensor(1)
        let shape = try ProductShape(left.shape, right.shape)
        let sums = try IntegerProduct.multiply(
            left, try inputs.optionalTensor(2), right, try inputs.optionalTensor(3), shape)
        outputs.set(0, try Tensor(sums, shape: shape.output))
    }
}
