// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The product of all elements up to each one along an axis.
package struct CumProd: CumulativeOperator {
    package static let schema = Schema("CumProd", since: 26, inputs: 2...2)
    package static let neutral: Int64 = 1

    package let direction: CumulativeDirection

    package init(_ node: NodeReader) throws(ComputeError) { direction = try CumulativeDirection(node) }

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element { left.times(right) }
}
