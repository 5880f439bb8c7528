// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// 1 at the first largest element along an axis, and 0 elsewhere.
package struct Hardmax: AxisActivation {
    package static let schema = Schema("Hardmax", since: 1, inputs: 1...1)

    package let axis: ActivationAxis

    package init(_ node: NodeReader) throws(ComputeError) { axis = try ActivationAxis(node) }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try evaluateLines(inputs, into: &outputs)
    }

    package func apply<Real: RealNumber>(_ line: inout [Real]) {
        guard var best = line.indices.first else { return }
        for index in line.indices where line[index] > line[best] { best = index }
        for index in line.indices { line[index] = index == best ? 1 : 0 }
    }
}
