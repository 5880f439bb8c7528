// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// Every element where it is positive, and 0 elsewhere.
package struct Relu: NumberFunction {
    package static let schema = Schema("Relu", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Element: Number>(_ x: Element) -> Element { x.larger(0) }

    package var kernel: UnaryKernel? { UnaryKernel(.relu) }
}
