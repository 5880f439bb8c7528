// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Divides by a scale, rounds half to even, adds a zero point and keeps to the range of a narrow type.
package struct QuantizeLinear: Operator {
    package static let schema = Schema("QuantizeLinear", since: 10, inputs: 2...3)

    private let quantization: LinearQuantization

    package init(_ node: NodeReader) throws(ComputeError) {
        var quantization = LinearQuantization(axis: try node.integer("axis", default: 1))
        quantization.blockSize = try node.integer("block_size", default: 0)
        quantization.saturates = try node.flag("saturate", default: true)
        if try node.integer("output_dtype", default: 0) != 0 {
            quantization.outputType = try node.optionalElementType("output_dtype")
        }
        if try node.integer("precision", default: 0) != 0 {
            quantization.precision = try node.optionalElementType("precision")
        }
        self.quantization = quantization
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let zeroPoint = inputs.count > 2 ? inputs[2] : nil
        if let zeroPoint, zeroPoint.type.elementType == nil { return [] }
        let target = try quantization.quantizedType(zeroPoint: zeroPoint?.type.elementType)
        return [.tensor(target, inputs[0]?.type.dimensions)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try quantization.quantize(
            try inputs.tensor(0), scale: try inputs.tensor(1), zeroPoint: try inputs.optionalTensor(2), &outputs)
    }
}
