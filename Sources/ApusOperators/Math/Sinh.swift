// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The hyperbolic sine of every element.
package struct Sinh: RealFunction {
    package static let schema = Schema("Sinh", since: 9, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.sinh(x)
    }
}
