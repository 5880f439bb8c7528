// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Numbers from a start, by a step or by 1, up to but not including a limit.
package struct MicrosoftRange: Operator {
    package static let schema = Schema("Range", domain: OperatorDomain.microsoft, inputs: 2...3)

    private let operation: RangeOperator

    package init(_ node: NodeReader) throws(ComputeError) { operation = try RangeOperator(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        if inputs.count > 2, inputs[2] != nil { return try operation.infer(inputs) }
        return try operation.infer(Array(inputs.prefix(2)) + [.integers(elementType, [1])])
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var all = inputs
        if !inputs.isPresent(2) {
            let one = try Tensor.scalar(try inputs.tensor(0).elementType, 1)
            all = Inputs(Array(inputs.values.prefix(2)) + [.tensor(one)])
        }
        try operation.evaluate(all, into: &outputs)
    }
}
