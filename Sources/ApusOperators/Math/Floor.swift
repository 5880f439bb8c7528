// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The largest integer not above every element.
package struct Floor: RealFunction {
    package static let schema = Schema("Floor", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.floor(x)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.floor) }
}
