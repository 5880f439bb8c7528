// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// The sum of two tensors, element by element.
package struct Add: NumberCombination {
    package static let schema = Schema("Add", since: 1, inputs: 2...2)
    package static let kernel: BinaryFunction? = .add

    package let alignment: LegacyAlignment

    package init(_ node: NodeReader) throws(ComputeError) { alignment = try LegacyAlignment(node) }

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element { left.plus(right) }

    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension { left + right }
}
