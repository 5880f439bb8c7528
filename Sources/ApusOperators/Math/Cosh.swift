// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The hyperbolic cosine of every element.
package struct Cosh: RealFunction {
    package static let schema = Schema("Cosh", since: 9, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.cosh(x)
    }
}
