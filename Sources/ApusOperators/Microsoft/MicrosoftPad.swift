// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds elements before and after each axis; the counts may lie in one row, the value in a list.
package struct MicrosoftPad: Operator {
    package static let schema = Schema("Pad", domain: OperatorDomain.microsoft, inputs: 2...3)

    private let operation: Pad

    package init(_ node: NodeReader) throws(ComputeError) {
        var standard = node.node
        standard.opset = 13
        operation = try Pad(NodeReader(standard))
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try operation.infer(inputs)
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        if let value = try inputs.optionalTensor(2), value.elementCount != 1 {
            throw .shape("expected one number, input 2 is \(value)")
        }
        try operation.evaluate(inputs, into: &outputs)
    }
}
