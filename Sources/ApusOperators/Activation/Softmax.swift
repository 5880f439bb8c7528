// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Exponentials along an axis, scaled to sum to one.
package struct Softmax: AxisActivation {
    package static let schema = Schema("Softmax", since: 1, inputs: 1...1)

    package let axis: ActivationAxis

    package init(_ node: NodeReader) throws(ComputeError) { axis = try ActivationAxis(node) }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        if try evaluateRows(logarithm: false, inputs, into: &outputs) { return }
        try evaluateLines(inputs, into: &outputs)
    }

    package func apply<Real: RealNumber>(_ line: inout [Real]) {
        let top = line.reduce(-Real.infinity) { $0.larger($1) }
        var sum: Real = 0
        for index in line.indices {
            line[index] = Real.exp(line[index] - top)
            sum += line[index]
        }
        for index in line.indices { line[index] /= sum }
    }
}
