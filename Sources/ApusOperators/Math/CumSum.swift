// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The sum of all elements up to each one along an axis.
package struct CumSum: CumulativeOperator {
    package static let schema = Schema("CumSum", since: 11, inputs: 2...2)
    package static let neutral: Int64 = 0

    package let direction: CumulativeDirection

    package init(_ node: NodeReader) throws(ComputeError) { direction = try CumulativeDirection(node) }

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element { left.plus(right) }
}
