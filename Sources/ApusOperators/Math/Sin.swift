// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The sine of every element.
package struct Sin: RealFunction {
    package static let schema = Schema("Sin", since: 7, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.sin(x)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.sine) }
}
