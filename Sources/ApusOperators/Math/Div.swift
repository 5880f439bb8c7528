// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// The quotient of two tensors, element by element; of integers rounded towards zero.
package struct Div: NumberCombination {
    package static let schema = Schema("Div", since: 1, inputs: 2...2)
    package static let kernel: BinaryFunction? = .divide

    package let alignment: LegacyAlignment

    package init(_ node: NodeReader) throws(ComputeError) { alignment = try LegacyAlignment(node) }

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element { left.over(right) }

    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension { left.floorDivided(by: right) }

    package func check(_ left: Tensor, _ right: Tensor) throws(ComputeError) { try checkDivisor(right) }
}
