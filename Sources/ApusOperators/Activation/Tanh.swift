// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The hyperbolic tangent of every element.
package struct Tanh: RealFunction {
    package static let schema = Schema("Tanh", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.tanh(x)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.tanh) }
}
