// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// `x * sigmoid(alpha * x)` of every element.
package struct Swish: RealFunction {
    package static let schema = Schema("Swish", since: 24, inputs: 1...1)

    private let alpha: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x / (1 + Real.exp(-Real(alpha) * x))
    }

    package var kernel: UnaryKernel? { alpha == 1 ? UnaryKernel(.silu) : nil }
}
