// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Quantizes real numbers to eight bits as they come and multiplies them by quantized matrices.
package struct DynamicQuantizeMatMul: Operator {
    package static let schema = Schema("DynamicQuantizeMatMul", domain: OperatorDomain.microsoft, inputs: 3...5)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.float32, try ProductShape.infer(inputs[0]?.type.dimensions, inputs[1]?.type.dimensions))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try inputs.tensor(1)
        let shape = try ProductShape(left.shape, right.shape)
        let values = try left.elements(of: Float.self)
        let quantization = DynamicQuantization(values)
        let weights = try right.centred(try IntegerProduct.columnZeros(right, try inputs.optionalTensor(3), shape))
        let sums = IntegerProduct.multiply(quantization.centred(values), weights, shape)
        let result = try IntegerProduct.reals(
            sums, shape, leftScale: quantization.scale, rightScales: try inputs.tensor(2),
            bias: try inputs.optionalTensor(4))
        outputs.set(0, try Tensor(result, shape: shape.output))
    }
}
