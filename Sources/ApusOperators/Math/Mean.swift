// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
import ApusTensors

/// The mean of all tensors, element by element.
package struct Mean: VariadicFold {
    package static let schema = Schema("Mean", since: 1, inputs: .atLeast(1))
    package static let kernel = BinaryFunction.add
    package static let hasFinish = true

    package init(_ node: NodeReader) {}

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element { left.plus(right) }

    package func finish<Element: Number>(_ value: Element, count: Int) -> Element {
        value.over(Element(casting: Int64(count)))
    }
}
