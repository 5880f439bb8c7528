// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// `max(0, min(1, alpha * x + beta))` of every element.
package struct HardSigmoid: RealFunction {
    package static let schema = Schema("HardSigmoid", since: 1, inputs: 1...1)

    private let alpha: Float
    private let beta: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 0.2)
        beta = try node.float("beta", default: 0.5)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        (Real(alpha) * x + Real(beta)).smaller(1).larger(0)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.hardSigmoid, alpha: alpha, beta: beta) }
}
