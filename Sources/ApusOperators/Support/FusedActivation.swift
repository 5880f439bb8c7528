// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors
import Glibc

/// An activation function that a fused operator applies to its result.
package struct FusedActivation: Sendable {
    private enum Kind: String, CaseIterable {
        case none = ""
        case relu = "Relu"
        case leakyRelu = "LeakyRelu"
        case sigmoid = "Sigmoid"
        case tanh = "Tanh"
        case clip = "Clip"
        case hardSigmoid = "HardSigmoid"
        case elu = "Elu"
        case selu = "Selu"
        case softplus = "Softplus"
        case softsign = "Softsign"
        case scaledTanh = "ScaledTanh"
        case thresholdedRelu = "ThresholdedRelu"
        case hardSwish = "HardSwish"
    }

    private let kind: Kind
    private let alpha: Float
    private let beta: Float

    /// Reads `activation` and its parameters, in a list or under names of their own.
    package init(_ node: NodeReader) throws(ComputeError) {
        kind = try node.choice("activation", default: .none)
        let list = try node.floats("activation_params")
        let first = try node.optionalFloat("activation_alpha") ?? list.first
        let second = try node.optionalFloat("activation_beta") ?? list.dropFirst().first
        switch kind {
        case .leakyRelu: (alpha, beta) = (first ?? 0.01, 0)
        case .hardSigmoid: (alpha, beta) = (first ?? 0.2, second ?? 0.5)
        case .clip: (alpha, beta) = (first ?? -.greatestFiniteMagnitude, second ?? .greatestFiniteMagnitude)
        case .selu: (alpha, beta) = (first ?? 1.673_263_2, try node.float("activation_gamma", default: 1.050_701))
        default: (alpha, beta) = (first ?? 1, second ?? 1)
        }
    }

    /// Whether it leaves every number as it is.
    package var isIdentity: Bool { kind == .none }

    /// The function's value.
    package func callAsFunction(_ value: Float) -> Float {
        switch kind {
        case .none: value
        case .relu: value > 0 ? value : value.isNaN ? value : 0
        case .leakyRelu: value >= 0 ? value : alpha * value
        case .sigmoid: FusedActivation.sigmoid(value)
        case .tanh: Glibc.tanh(value)
        case .clip: value < alpha ? alpha : value > beta ? beta : value
        case .hardSigmoid: max(0, min(1, alpha * value + beta))
        case .elu: value >= 0 ? value : alpha * expm1(value)
        case .selu: beta * (value >= 0 ? value : alpha * expm1(value))
        case .softplus: value > 0 ? value + log1p(exp(-value)) : log1p(exp(value))
        case .softsign: value / (1 + abs(value))
        case .scaledTanh: alpha * Glibc.tanh(beta * value)
        case .thresholdedRelu: value > alpha ? value : 0
        case .hardSwish: value * max(0, min(1, value / 6 + 0.5))
        }
    }

    /// The logistic function.
    @inline(__always)
    package static func sigmoid(_ value: Float) -> Float { 1 / (1 + exp(-value)) }

    /// The Gaussian error linear unit.
    @inline(__always)
    package static func gelu(_ value: Float) -> Float { 0.5 * value * (1 + erf(value * 0.707_106_77)) }
}
