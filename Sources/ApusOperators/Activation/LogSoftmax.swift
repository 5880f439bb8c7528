// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Logarithms of exponentials along an axis scaled to sum to one.
package struct LogSoftmax: AxisActivation {
    package static let schema = Schema("LogSoftmax", since: 1, inputs: 1...1)

    package let axis: ActivationAxis

    package init(_ node: NodeReader) throws(ComputeError) { axis = try ActivationAxis(node) }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        if try evaluateRows(logarithm: true, inputs, into: &outputs) { return }
        try evaluateLines(inputs, into: &outputs)
    }

    package func apply<Real: RealNumber>(_ line: inout [Real]) {
        let top = line.reduce(-Real.infinity) { $0.larger($1) }
        var sum: Real = 0
        for value in line { sum += Real.exp(value - top) }
        let logarithm = Real.log(sum)
        for index in line.indices { line[index] = line[index] - top - logarithm }
    }
}
