// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Every element, scaled by `alpha` where it is negative.
package struct LeakyRelu: RealFunction {
    package static let schema = Schema("LeakyRelu", since: 1, inputs: 1...1)

    private let alpha: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 0.01)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x < 0 ? Real(alpha) * x : x
    }

    package var kernel: UnaryKernel? { UnaryKernel(.leakyRelu, alpha: alpha) }
}
