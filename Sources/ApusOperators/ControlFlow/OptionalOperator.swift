// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Makes an optional value: of its input, or holding nothing.
package struct OptionalOperator: Operator {
    package static let schema = Schema("Optional", since: 15, inputs: 0...1)

    private let type: ValueType?

    package init(_ node: NodeReader) throws(ComputeError) { type = try node.optionalType("type") }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(.optional(inputs.known(0)?.type ?? type ?? .unknown))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        outputs.set(0, datum: inputs.isPresent(0) ? try inputs.datum(0) : .none)
    }
}
