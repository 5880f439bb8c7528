// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The bits set in both of each pair of integers.
package struct BitwiseAnd: WholeCombination {
    package static let schema = Schema("BitwiseAnd", since: 18, inputs: 2...2)

    package init(_ node: NodeReader) {}

    package func apply<Element: WholeNumber>(_ left: Element, _ right: Element) -> Element { left & right }
}
