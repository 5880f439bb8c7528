// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// One item of a sequence.
package struct SequenceAt: Operator {
    package static let schema = Schema("SequenceAt", since: 11, inputs: 2...2)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.item(0))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let items = try inputs.sequence(0)
        let position = try normalizedIndex(try inputs.tensor(1).scalarInteger(), items.count)
        outputs.set(0, datum: items[position])
    }
}
