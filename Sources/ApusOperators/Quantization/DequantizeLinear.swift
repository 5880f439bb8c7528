// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Subtracts a zero point and multiplies by a scale.
package struct DequantizeLinear: Operator {
    package static let schema = Schema("DequantizeLinear", since: 10, inputs: 2...3)

    private let quantization: LinearQuantization

    package init(_ node: NodeReader) throws(ComputeError) {
        var quantization = LinearQuantization(axis: try node.integer("axis", default: 1))
        quantization.blockSize = try node.integer("block_size", default: 0)
        if try node.integer("output_dtype", default: 0) != 0 {
            quantization.outputType = try node.optionalElementType("output_dtype")
        }
        self.quantization = quantization
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let scale = inputs[1]?.type.elementType else { return [] }
        let target = quantization.outputType ?? (scale == .float8E8M0 ? .float32 : scale)
        return [.tensor(target, inputs[0]?.type.dimensions)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try quantization.dequantize(
            try inputs.tensor(0), scale: try inputs.tensor(1), zeroPoint: try inputs.optionalTensor(2), &outputs)
    }
}
