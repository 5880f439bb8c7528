// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Whether an optional holds something.
package struct OptionalHasElement: Operator {
    package static let schema = Schema("OptionalHasElement", since: 15, inputs: 0...1)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] { [.tensor(.bool, [])] }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var holds = inputs.isPresent(0)
        if holds, case .none = try inputs.datum(0) { holds = false }
        outputs.set(0, try Tensor(scalar: holds))
    }
}
