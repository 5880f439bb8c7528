// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A function recurrent operators apply to a gate.
package struct GateActivation: Sendable, Hashable {
    private enum Kind: String, CaseIterable {
        case relu
        case tanh
        case sigmoid
        case affine
        case leakyRelu = "leakyrelu"
        case thresholdedRelu = "thresholdedrelu"
        case scaledTanh = "scaledtanh"
        case hardSigmoid = "hardsigmoid"
        case elu
        case softsign
        case softplus

        var alpha: Float? {
            switch self {
            case .affine, .thresholdedRelu, .scaledTanh, .elu: 1
            case .leakyRelu: 0.01
            case .hardSigmoid: 0.2
            default: nil
            }
        }

        var beta: Float? {
            switch self {
            case .affine: 0
            case .scaledTanh: 1
            case .hardSigmoid: 0.5
            default: nil
            }
        }
    }

    private let kind: Kind
    private let alpha: Float
    private let beta: Float

    /// Reads the activations of all directions, or repeats the usual ones for each.
    package static func read(
        _ node: NodeReader, usual: [String], directions: Int
    ) throws(ComputeError) -> [[GateActivation]] {
        let given = try node.strings("activations")
        var names: [String] = []
        if given.isEmpty {
            for _ in 0..<directions { names += usual }
        } else {
            names = given
        }
        guard names.count == usual.count * directions else {
            throw .attribute("\(names.count) activations for \(usual.count) gates in \(directions) directions")
        }
        var alphas = try node.floats("activation_alpha")[...]
        var betas = try node.floats("activation_beta")[...]
        var all: [GateActivation] = []
        for name in names {
            guard let kind = Kind(rawValue: name.lowercased()) else { throw .attribute("'\(name)' is no activation") }
            let alpha = kind.alpha.map { alphas.popFirst() ?? $0 }
            let beta = kind.beta.map { betas.popFirst() ?? $0 }
            all.append(GateActivation(kind: kind, alpha: alpha ?? 0, beta: beta ?? 0))
        }
        return (0..<directions).map { Array(all[$0 * usual.count..<($0 + 1) * usual.count]) }
    }

    /// The value of the function.
    package func callAsFunction<Element: RealElement>(_ value: Element) -> Element {
        switch kind {
        case .relu: max(value, 0)
        case .tanh: Element.tanh(value)
        case .sigmoid: 1 / (1 + Element.exp(-value))
        case .affine: Element(alpha) * value + Element(beta)
        case .leakyRelu: value >= 0 ? value : Element(alpha) * value
        case .thresholdedRelu: value > Element(alpha) ? value : 0
        case .scaledTanh: Element(alpha) * Element.tanh(Element(beta) * value)
        case .hardSigmoid: min(max(Element(alpha) * value + Element(beta), 0), 1)
        case .elu: value >= 0 ? value : Element(alpha) * (Element.exp(value) - 1)
        case .softsign: value / (1 + abs(value))
        case .softplus: max(value, 0) + Element.log(1 + Element.exp(-abs(value)))
        }
    }
}
