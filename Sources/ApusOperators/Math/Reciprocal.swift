// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// One divided by every element.
package struct Reciprocal: RealFunction {
    package static let schema = Schema("Reciprocal", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        1 / x
    }

    package var kernel: UnaryKernel? { UnaryKernel(.reciprocal) }
}
