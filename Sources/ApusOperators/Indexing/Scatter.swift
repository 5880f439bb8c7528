// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The former name of `ScatterElements`, without reductions.
package struct Scatter: Operator {
    package static let schema = Schema("Scatter", since: 9, inputs: 3...3)

    private let elements: ScatterElements

    package init(_ node: NodeReader) throws(ComputeError) { elements = try ScatterElements(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try elements.infer(inputs)
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try elements.evaluate(inputs, into: &outputs)
    }
}
