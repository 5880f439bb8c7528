// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Every element where it is positive, and `alpha * (exp(x) - 1)` elsewhere.
package struct Elu: RealFunction {
    package static let schema = Schema("Elu", since: 1, inputs: 1...1)

    private let alpha: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x < 0 ? Real(alpha) * Real.expm1(x) : x
    }

    package var kernel: UnaryKernel? { UnaryKernel(.elu, alpha: alpha) }
}
