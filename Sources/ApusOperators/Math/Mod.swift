// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The remainder of two tensors, element by element, with the sign of either operand.
package struct Mod: NumberCombination {
    package static let schema = Schema("Mod", since: 10, inputs: 2...2)

    package let alignment: LegacyAlignment
    private let truncates: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        alignment = try LegacyAlignment(node)
        truncates = try node.flag("fmod")
    }

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element {
        truncates ? left.truncatedRemainder(right) : left.floorRemainder(right)
    }

    package func check(_ left: Tensor, _ right: Tensor) throws(ComputeError) { try checkDivisor(right) }
}
