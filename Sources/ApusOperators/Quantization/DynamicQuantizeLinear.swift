// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Quantizes to eight bits with the scale and zero point that the numbers themselves ask for.
package struct DynamicQuantizeLinear: Operator {
    package static let schema = Schema("DynamicQuantizeLinear", since: 11, inputs: 1...1, outputs: 3...3)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.uint8, inputs[0]?.type.dimensions), .tensor(.float32, []), .tensor(.uint8, [])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let values = try source.elements(of: Float.self)
        let range = outputs.extremes(of: source)
        let quantization: DynamicQuantization
        if range.least.isFinite, range.greatest.isFinite {
            quantization = DynamicQuantization(least: min(0, range.least), most: max(0, range.greatest))
            try outputs.quantize(
                0, source, scale: quantization.scale, zeroPoint: quantization.zeroPoint, to: .uint8)
        } else {
            quantization = DynamicQuantization(values)
            try outputs.writeQuantized(0, .uint8, source.shape) { quantization.quantize(values[$0]) }
        }
        try outputs.write(1, of: Float.self, .scalar) { $0[0] = quantization.scale }
        try outputs.write(2, of: UInt8.self, .scalar) { $0[0] = UInt8(truncatingIfNeeded: quantization.zeroPoint) }
    }
}
