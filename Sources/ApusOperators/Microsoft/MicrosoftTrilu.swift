// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Keeps one triangle of every matrix in a batch and zeroes the rest.
package struct MicrosoftTrilu: Operator {
    package static let schema = Schema("Trilu", domain: OperatorDomain.microsoft, inputs: 1...2)

    private let operation: Trilu

    package init(_ node: NodeReader) throws(ComputeError) { operation = try Trilu(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try operation.infer(inputs)
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try operation.evaluate(inputs, into: &outputs)
    }
}
