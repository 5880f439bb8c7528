// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors
import Glibc

/// How a support vector machine compares a sample with a vector.
package struct SupportVectorKernel: Sendable {
    private enum Kind: String, CaseIterable {
        case linear = "LINEAR"
        case polynomial = "POLY"
        case radial = "RBF"
        case sigmoid = "SIGMOID"
    }

    private let kind: Kind
    private let gamma: Float
    private let offset: Float
    private let degree: Float

    package init(_ node: NodeReader, forcesLinear: Bool) throws(ComputeError) {
        let named = try node.choice("kernel_type", default: Kind.linear)
        kind = forcesLinear ? .linear : named
        let parameters = try node.floats("kernel_params")
        guard parameters.isEmpty || parameters.count >= 3 else {
            throw .attribute("attribute 'kernel_params' has \(parameters.count) elements, expected 3")
        }
        gamma = parameters.isEmpty ? 0 : parameters[0]
        offset = parameters.isEmpty ? 0 : parameters[1]
        degree = parameters.isEmpty ? 0 : parameters[2]
    }

    /// Compares a row of samples with a row of vectors, both `count` wide.
    package func callAsFunction(
        _ samples: [Float], _ sampleStart: Int, _ vectors: [Float], _ vectorStart: Int, _ count: Int
    ) -> Float {
        var sum: Float = 0
        if kind == .radial {
            for index in 0..<count {
                let difference = samples[sampleStart + index] - vectors[vectorStart + index]
                sum += difference * difference
            }
            return exp(-gamma * sum)
        }
        for index in 0..<count { sum += samples[sampleStart + index] * vectors[vectorStart + index] }
        return switch kind {
        case .polynomial: pow(gamma * sum + offset, degree)
        case .sigmoid: tanh(gamma * sum + offset)
        default: sum
        }
    }
}
