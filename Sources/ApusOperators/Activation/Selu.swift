// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The scaled exponential linear unit of every element.
package struct Selu: RealFunction {
    package static let schema = Schema("Selu", since: 1, inputs: 1...1)

    private let alpha: Float
    private let gamma: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1.67326319217681884765625)
        gamma = try node.float("gamma", default: 1.05070102214813232421875)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real(gamma) * (x > 0 ? x : Real(alpha) * Real.expm1(x))
    }
}
