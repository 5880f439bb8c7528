// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The opposite of every truth value.
package struct Not: Operator {
    package static let schema = Schema("Not", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.first.flatMap { $0?.type } ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try outputs.map(0, inputs.tensor(0), Negation())
    }
}

private struct Negation: ElementFunction {
    @inline(__always)
    func callAsFunction(_ x: Bool) -> Bool { !x }
}
