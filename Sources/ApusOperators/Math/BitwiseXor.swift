// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The bits set in exactly one of each pair of integers.
package struct BitwiseXor: WholeCombination {
    package static let schema = Schema("BitwiseXor", since: 18, inputs: 2...2)

    package init(_ node: NodeReader) {}

    package func apply<Element: WholeNumber>(_ left: Element, _ right: Element) -> Element { left ^ right }
}
