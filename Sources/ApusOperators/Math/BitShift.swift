// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Every integer of the first tensor shifted by that of the second; the sign fills in from the left.
package struct BitShift: WholeCombination {
    package static let schema = Schema("BitShift", since: 11, inputs: 2...2)

    private enum Direction: String, CaseIterable {
        case left = "LEFT"
        case right = "RIGHT"
    }
    private let isLeft: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        guard node.has("direction") else { throw .attribute("attribute 'direction' is missing") }
        isLeft = try node.choice("direction", default: Direction.left) == .left
    }

    package func apply<Element: WholeNumber>(_ left: Element, _ right: Element) -> Element {
        let sign: Element = left < 0 ? ~0 : 0
        guard right >= 0, right < Element(truncatingIfNeeded: Element.bitWidth) else { return isLeft ? 0 : sign }
        return isLeft ? left &<< right : left &>> right
    }
}
