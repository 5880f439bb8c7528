// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels

/// The smallest of all tensors, element by element; NaN where one is.
package struct Min: VariadicFold {
    package static let schema = Schema("Min", since: 1, inputs: .atLeast(1))
    package static let kernel = BinaryFunction.minimum

    package init(_ node: NodeReader) {}

    package func apply<Element: Number>(_ left: Element, _ right: Element) -> Element { left.smaller(right) }

    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension {
        if left == right { return left }
        guard let first = left.value, let second = right.value else { return .unknown }
        return Dimension(min(first, second))
    }
}
