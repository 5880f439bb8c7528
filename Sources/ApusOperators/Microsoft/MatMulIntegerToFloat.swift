// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The product of quantized matrices as real numbers, plus an optional bias per column.
package struct MatMulIntegerToFloat: Operator {
    package static let schema = Schema("MatMulIntegerToFloat", domain: OperatorDomain.microsoft, inputs: 4...7)
    package static let widensHalf = true

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count > 3, let elementType = inputs[2]?.type.elementType else { return [] }
        return [
            .tensor(elementType, try ProductShape.infer(inputs[0]?.type.dimensions, inputs[1]?.type.dimensions))
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try inputs.tensor(1)
        let shape = try ProductShape(left.shape, right.shape)
        let sums = try IntegerProduct.multiply(
            left, try inputs.optionalTensor(4), right, try inputs.optionalTensor(5), shape)
        let scale = try inputs.tensor(2).scalarScale()
        let result = try IntegerProduct.reals(
            sums, shape, leftScale: scale, rightScales: try inputs.tensor(3), bias: try inputs.optionalTensor(6))
        outputs.set(0, try Tensor(result, shape: shape.output))
    }
}
