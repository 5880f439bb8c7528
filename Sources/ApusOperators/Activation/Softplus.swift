// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// `log(1 + exp(x))` of every element.
package struct Softplus: RealFunction {
    package static let schema = Schema("Softplus", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x.larger(0) + Real.log1p(Real.exp(-x.magnitude))
    }

    package var kernel: UnaryKernel? { UnaryKernel(.softplus) }
}
