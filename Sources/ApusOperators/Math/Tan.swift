// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The tangent of every element.
package struct Tan: RealFunction {
    package static let schema = Schema("Tan", since: 7, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.tan(x)
    }
}
