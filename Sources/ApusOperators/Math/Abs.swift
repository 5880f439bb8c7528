// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The absolute value of every element.
package struct Abs: NumberFunction {
    package static let schema = Schema("Abs", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Element: Number>(_ x: Element) -> Element { x.absolute }

    package var kernel: UnaryKernel? { UnaryKernel(.absolute) }
}
