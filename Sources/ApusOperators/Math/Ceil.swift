// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The smallest integer not below every element.
package struct Ceil: RealFunction {
    package static let schema = Schema("Ceil", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.ceil(x)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.ceiling) }
}
