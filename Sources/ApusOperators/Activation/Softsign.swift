// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `x / (1 + |x|)` of every element.
package struct Softsign: RealFunction {
    package static let schema = Schema("Softsign", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x / (1 + x.magnitude)
    }
}
