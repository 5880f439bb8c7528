// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The error function of every element.
package struct Erf: RealFunction {
    package static let schema = Schema("Erf", since: 9, inputs: 1...1)
    package static let acceptsIntegers = true

    package init(_ node: NodeReader) {}

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        Real.erf(x)
    }

    package var kernel: UnaryKernel? { UnaryKernel(.errorFunction) }
}
