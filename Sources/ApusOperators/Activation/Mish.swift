// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `x * tanh(softplus(x))` of every element.
package struct Mish: RealFunction {
    package static let schema = Schema("Mish", since: 18, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x * Real.tanh(x.larger(0) + Real.log1p(Real.exp(-x.magnitude)))
    }
}
