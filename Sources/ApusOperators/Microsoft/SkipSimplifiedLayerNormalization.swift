// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds a skip connection and an optional bias and divides every row by its root mean square.
package struct SkipSimplifiedLayerNormalization: Operator {
    package static let schema = Schema(
        "SkipSimplifiedLayerNormalization", domain: OperatorDomain.microsoft, inputs: 3...4, outputs: 1...4)
    package static let widensHalf = true

    private let normalization: SkipNormalization

    package init(_ node: NodeReader) throws(ComputeError) {
        normalization = try SkipNormalization(node, subtractsMean: false)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        normalization.infer(inputs)
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try normalization.evaluate(inputs, beta: nil, bias: try inputs.optionalTensor(3), into: &outputs)
    }
}
