// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The arc sine of every element.
package struct Asin: RealFunction {
    package static let schema = Schema("Asin", since: 7, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.asin(x)
    }
}
