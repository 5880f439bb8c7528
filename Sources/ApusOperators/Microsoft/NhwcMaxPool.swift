// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The largest element of every window over images whose channels are last.
package struct NhwcMaxPool: Operator {
    package static let schema = Schema("NhwcMaxPool", domain: OperatorDomain.microsoft, inputs: 1...1)

    private let pool: MaxPool

    package init(_ node: NodeReader) throws(ComputeError) { pool = try MaxPool(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try pool.infer([inputs[0]?.channelsFirst]).prefix(1).map(\.channelsLast)
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let first = try inputs.tensor(0).channelsFirst()
        outputs.set(0, try pool.result([.tensor(first)], outputs.context).channelsLast())
    }
}
