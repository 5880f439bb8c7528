// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The largest element of every plane.
package struct GlobalMaxPool: GlobalPoolOperator {
    package static let schema = Schema("GlobalMaxPool", inputs: 1...1)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func reduce<Element: RealElement>(_ source: Span<Element>, _ range: Range<Int>) -> Element {
        var best = source[range.lowerBound]
        for index in range where !(source[index] <= best) { best = source[index] }
        return best
    }
}
