// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels

/// The sum of all tensors, element by element.
package struct Sum: VariadicFold {
    package static let schema = Schema("Sum", since: 1, inputs: .atLeast(1))
    package static let kernel = BinaryFunction.add

    package init(_ node: NodeReader) {}

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element { left.plus(right) }

    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension { left + right }
}
