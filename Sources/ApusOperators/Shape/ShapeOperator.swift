// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The sizes of its input, or a part of them.
package struct ShapeOperator: Operator {
    package static let schema = Schema("Shape", inputs: 1...1)

    private let start: Int
    private let end: Int?

    package init(_ node: NodeReader) throws(ComputeError) {
        start = try node.integer("start", default: 0)
        end = try node.optionalInteger("end")
    }

    private func range(rank: Int) -> Range<Int> {
        let first = clamped(start, rank)
        let last = clamped(end ?? rank, rank)
        return first..<max(first, last)
    }

    private func clamped(_ position: Int, _ rank: Int) -> Int {
        min(max(position < 0 ? position &+ rank : position, 0), rank)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(.int64, [.unknown])] }
        return [.integers(.int64, Array(dimensions[range(rank: dimensions.count)]))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let shape = try inputs.tensor(0).shape
        let range = range(rank: shape.rank)
        try outputs.write(0, of: Int64.self, [range.count]) { (target) throws(ComputeError) in
            for axis in range { target[axis - range.lowerBound] = Int64(shape[axis]) }
        }
    }
}
