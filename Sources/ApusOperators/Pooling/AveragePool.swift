// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The mean of every window.
package struct AveragePool: RealOperator {
    package static let schema = Schema("AveragePool", inputs: 1...1)

    /// How the window slides.
    package let pool: PoolGeometry
    /// Whether padding counts as elements.
    package let countsPadding: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        pool = try PoolGeometry(node)
        countsPadding = try node.flag("count_include_pad")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(maybe: inputs.elementType(0), try pool.infer(inputs.dimensions(0)))]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let windows = try pool.windows(input.shape)
        let source = try input.elements(of: Element.self)
        let shape = Shape(Array(input.shape.prefix(2)) + windows.map(\.output))
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            let walk = PoolWalk(windows)
            guard target.count > 0 else { return }
            let planes = target.count / walk.windowCount
            var lines: [Int] = []
            for row in 0..<walk.rowCount {
                walk.lines(row: row, into: &lines)
                let padded = countsPadding ? walk.paddedLines(row: row) : lines.count
                for column in 0..<walk.last.output {
                    let taps = walk.last.taps(column)
                    let across = countsPadding ? PoolWalk.paddedTaps(walk.last, column) : taps.count
                    let divisor = Element(max(1, padded &* across))
                    let start = walk.last.position(column, tap: taps.lowerBound)
                    for plane in 0..<planes {
                        var sum: Element = 0
                        for line in lines {
                            var position = plane &* walk.planeCount &+ line &+ start
                            for _ in taps {
                                sum += source[position]
                                position &+= walk.last.dilation
                            }
                        }
                        target[plane &* walk.windowCount &+ row &* walk.last.output &+ column] = sum / divisor
                    }
                }
            }
        }
    }
}
