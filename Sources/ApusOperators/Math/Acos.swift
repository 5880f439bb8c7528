// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The arc cosine of every element.
package struct Acos: RealFunction {
    package static let schema = Schema("Acos", since: 7, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.acos(x)
    }
}
