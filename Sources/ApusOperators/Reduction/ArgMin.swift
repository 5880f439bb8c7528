// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The position of the smallest element along an axis.
package struct ArgMin: PositionOperator {
    package static let schema = Schema("ArgMin", since: 1, inputs: 1...1)

    package let search: PositionSearch

    package init(_ node: NodeReader) throws(ComputeError) { search = try PositionSearch(node) }

    package func isBetter<Element: Number>(_ candidate: Element, than best: Element) -> Bool { candidate < best }
}
