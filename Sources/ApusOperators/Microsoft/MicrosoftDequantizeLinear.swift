// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Subtracts a zero point and multiplies by a scale.
package struct MicrosoftDequantizeLinear: Operator {
    package static let schema = Schema("DequantizeLinear", domain: OperatorDomain.microsoft, inputs: 2...3)

    private let quantization: LinearQuantization

    package init(_ node: NodeReader) throws(ComputeError) {
        quantization = LinearQuantization(axis: try node.integer("axis", default: 1))
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let scale = inputs[1]?.type.elementType else { return [] }
        return [.tensor(scale, inputs[0]?.type.dimensions)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try quantization.dequantize(
            try inputs.tensor(0), scale: try inputs.tensor(1), zeroPoint: try inputs.optionalTensor(2), &outputs)
    }
}
