// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// `x * max(0, min(1, x / 6 + 0.5))` of every element.
package struct HardSwish: RealFunction {
    package static let schema = Schema("HardSwish", since: 14, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x * (x / 6 + 0.5).smaller(1).larger(0)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.hardSwish) }
}
