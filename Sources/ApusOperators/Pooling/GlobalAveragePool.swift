// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The mean of every plane.
package struct GlobalAveragePool: GlobalPoolOperator {
    package static let schema = Schema("GlobalAveragePool", inputs: 1...1)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func reduce<Element: RealElement>(_ source: Span<Element>, _ range: Range<Int>) -> Element {
        var sum = 0.0
        for index in range { sum += Double(source[index]) }
        return Element(sum / Double(range.count))
    }
}
