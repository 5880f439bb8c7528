// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// The difference of two tensors, element by element.
package struct Sub: NumberCombination {
    package static let schema = Schema("Sub", since: 1, inputs: 2...2)
    package static let kernel: BinaryFunction? = .subtract

    package let alignment: LegacyAlignment

    package init(_ node: NodeReader) throws(ComputeError) { alignment = try LegacyAlignment(node) }

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element { left.minus(right) }

    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension { left - right }
}
