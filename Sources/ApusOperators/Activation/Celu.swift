// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))` of every element.
package struct Celu: RealFunction {
    package static let schema = Schema("Celu", since: 12, inputs: 1...1)

    private let alpha: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        let scale = Real(alpha)
        return x.larger(0) + (scale * Real.expm1(x / scale)).smaller(0)
    }
}
