// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Whether each element of the first tensor is greater than that of the second.
package struct Greater: Comparison {
    package static let schema = Schema("Greater", since: 1, inputs: 2...2)

    package let alignment: LegacyAlignment

    package init(_ node: NodeReader) throws(ComputeError) { alignment = try LegacyAlignment(node) }

    package func compare<Element: Number>(_ left: Element, _ right: Element) -> Bool { left > right }
}
