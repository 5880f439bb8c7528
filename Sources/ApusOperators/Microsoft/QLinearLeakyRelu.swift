// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Quantized numbers, the negative ones scaled.
package struct QLinearLeakyRelu: QuantizedUnary {
    package static let schema = Schema("QLinearLeakyRelu", domain: OperatorDomain.microsoft, inputs: 4...5)

    private let alpha: Float

    package init(_ node: NodeReader) throws(ComputeError) { alpha = try node.float("alpha", default: 0.01) }

    package func value(_ input: Float) -> Float { input >= 0 ? input : alpha * input }
}
