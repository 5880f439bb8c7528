// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The p-norm of every window.
package struct LpPool: RealOperator {
    package static let schema = Schema("LpPool", inputs: 1...1)

    private let pool: PoolGeometry
    private let power: Double

    package init(_ node: NodeReader) throws(ComputeError) {
        pool = try PoolGeometry(node)
        power = try LpPool.power(node)
    }

    /// Reads the norm's power, which old versions write as a float.
    package static func power(_ node: NodeReader) throws(ComputeError) -> Double {
        if case .float(let value)? = node.node.attributes["p"] { return Double(value) }
        let power = try node.integer("p", default: 2)
        guard power > 0 else { throw .attribute("attribute 'p' is \(power)") }
        return Double(power)
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
        let norm = PowerNorm<Element>(power)
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            let walk = PoolWalk(windows)
            guard target.count > 0 else { return }
            var lines: [Int] = []
            for row in 0..<walk.rowCount {
                walk.lines(row: row, into: &lines)
                for plane in 0..<target.count / walk.windowCount {
                    for column in 0..<walk.last.output {
                        let taps = walk.last.taps(column)
                        let start = plane &* walk.planeCount &+ walk.last.position(column, tap: taps.lowerBound)
                        var sum: Element = 0
                        for line in lines {
                            var position = line &+ start
                            for _ in taps {
                                sum += norm.term(source[position])
                                position &+= walk.last.dilation
                            }
                        }
                        target[plane &* walk.windowCount &+ row &* walk.last.output &+ column] = norm.root(sum)
                    }
                }
            }
        }
    }
}
