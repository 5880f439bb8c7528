// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The logistic function of quantized numbers.
package struct QLinearSigmoid: QuantizedUnary {
    package static let schema = Schema("QLinearSigmoid", domain: OperatorDomain.microsoft, inputs: 4...5)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func value(_ input: Float) -> Float { FusedActivation.sigmoid(input) }
}
