// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds a skip connection and an optional bias and normalises every row.
package struct SkipLayerNormalization: Operator {
    package static let schema = Schema(
        "SkipLayerNormalization", domain: OperatorDomain.microsoft, inputs: 3...5, outputs: 1...4)
    package static let widensHalf = true

    private let normalization: SkipNormalization

    package init(_ node: NodeReader) throws(ComputeError) {
        normalization = try SkipNormalization(node, subtractsMean: true)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        normalization.infer(inputs)
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try normalization.evaluate(
            inputs, beta: try inputs.optionalTensor(3), bias: try inputs.optionalTensor(4), into: &outputs)
    }
}
