// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// What an optional holds.
package struct OptionalGetElement: Operator {
    package static let schema = Schema("OptionalGetElement", since: 15, inputs: 1...1)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if case .optional(let element)? = inputs.known(0)?.type { return [InferredValue(element)] }
        return [inputs.known(0) ?? .unknown]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let value = try inputs.datum(0)
        if case .none = value { throw .value("the optional holds nothing") }
        outputs.set(0, datum: value)
    }
}
