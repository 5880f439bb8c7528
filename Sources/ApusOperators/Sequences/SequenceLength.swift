// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The number of a sequence's items.
package struct SequenceLength: Operator {
    package static let schema = Schema("SequenceLength", since: 11, inputs: 1...1)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] { [.tensor(.int64, [])] }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        outputs.set(0, try Tensor(scalar: Int64(try inputs.sequence(0).count)))
    }
}
