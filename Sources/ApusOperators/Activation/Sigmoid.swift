// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The logistic function of every element.
package struct Sigmoid: RealFunction {
    package static let schema = Schema("Sigmoid", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        1 / (1 + Real.exp(-x))
    }

    package var kernel: UnaryKernel? { UnaryKernel(.sigmoid) }
}
