// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// -1, 0 or 1 by the sign of every element.
package struct Sign: NumberFunction {
    package static let schema = Schema("Sign", since: 9, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func apply<Element: Number>(_ x: Element) -> Element { x.direction }
}
