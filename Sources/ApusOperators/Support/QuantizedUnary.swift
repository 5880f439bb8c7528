// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// An element-wise function of quantized numbers.
package protocol QuantizedUnary: Operator {
    /// The function of the real numbers.
    func value(_ input: Float) -> Float
}

extension QuantizedUnary {
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let table = try QuantizedTable(
            source.elementType, from: try QuantizedScale(inputs, at: 1), to: try QuantizedScale(inputs, at: 3),
            applying: value)
        try outputs.lookUp(0, source, table.bytes)
    }
}
