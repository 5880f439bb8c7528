// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The natural logarithm of every element.
package struct Log: RealFunction {
    package static let schema = Schema("Log", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.log(x)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.logarithm) }
}
