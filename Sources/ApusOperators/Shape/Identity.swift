// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Hands its input through, whatever it is.
package struct Identity: Operator {
    package static let schema = Schema("Identity", inputs: 1...1)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [inputs.known(0) ?? .unknown]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        outputs.set(0, datum: try inputs.datum(0))
    }
}
