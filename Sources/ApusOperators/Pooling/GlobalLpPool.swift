// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The p-norm of every plane.
package struct GlobalLpPool: GlobalPoolOperator {
    package static let schema = Schema("GlobalLpPool", inputs: 1...1)

    private let power: Double

    package init(_ node: NodeReader) throws(ComputeError) { power = try LpPool.power(node) }

    package func reduce<Element: RealElement>(_ source: Span<Element>, _ range: Range<Int>) -> Element {
        let norm = PowerNorm<Element>(power)
        var sum: Element = 0
        for index in range { sum += norm.term(source[index]) }
        return norm.root(sum)
    }
}
