// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The integer nearest to every element, ties to even.
package struct Round: RealFunction {
    package static let schema = Schema("Round", since: 11, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.rint(x)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.round) }
}
