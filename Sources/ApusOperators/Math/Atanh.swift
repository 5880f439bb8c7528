// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The inverse hyperbolic tangent of every element.
package struct Atanh: RealFunction {
    package static let schema = Schema("Atanh", since: 9, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.atanh(x)
    }
}
