// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Divides by a scale, rounds half to even, adds a zero point and keeps to the range of a narrow type.
package struct MicrosoftQuantizeLinear: Operator {
    package static let schema = Schema("QuantizeLinear", domain: OperatorDomain.microsoft, inputs: 2...3)

    private let quantization: LinearQuantization

    package init(_ node: NodeReader) throws(ComputeError) {
        quantization = LinearQuantization(axis: try node.integer("axis", default: 1))
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
