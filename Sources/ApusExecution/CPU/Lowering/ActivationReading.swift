// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

extension GraphIndex {
    /// The function a node applies to its first input, where kernels can apply it to a product.
    func activation(of node: Node) -> Activation? {
        if node.domain == "com.microsoft" {
            guard node.operatorName == "Gelu" || node.operatorName == "QuickGelu" else { return nil }
            if node.operatorName == "Gelu" { return .geluErf }
            return float(node, "alpha", 1.702) == 1 ? .silu : nil
        }
        guard node.domain.isEmpty else { return nil }
        switch node.operatorName {
        case "Relu": return .relu
        case "Sigmoid": return .sigmoid
        case "Tanh": return .tanh
        case "HardSwish": return .hardSwish
        case "LeakyRelu": return .leakyRelu(alpha: float(node, "alpha", 0.01))
        case "HardSigmoid": return .hardSigmoid(alpha: float(node, "alpha", 0.2), beta: float(node, "beta", 0.5))
        case "Swish": return float(node, "alpha", 1) == 1 ? .silu : nil
        case "Gelu": return node.string("approximate") == "tanh" ? .geluTanh : .geluErf
        case "Clip": return clip(node)
        default: return nil
        }
    }

    private func float(_ node: Node, _ name: String, _ standard: Float) -> Float {
        if case .float(let value) = node.attributes[name] { value } else { standard }
    }

    private func clip(_ node: Node) -> Activation? {
        if node.opset < 11 {
            let most = Float.greatestFiniteMagnitude
            return .clip(min: float(node, "min", -most), max: float(node, "max", most))
        }
        var limits: [Float] = [-.infinity, .infinity]
        for position in 0..<2 where !node.input(position + 1).isEmpty {
            guard let limit = scalarFloat(node.input(position + 1)) else { return nil }
            limits[position] = limit
        }
        return .clip(min: limits[0], max: limits[1])
    }
}
