// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The largest or smallest elements along an axis and where they were; the first of equal ones comes first.
package struct TopK: Operator {
    package static let schema = Schema("TopK", inputs: 1...2, outputs: 2...2)

    private let axis: Int
    private let count: Int?
    private let picksLargest: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: -1)
        count = node.opset < 10 ? try node.integer("k") : nil
        picksLargest = try node.flag("largest", default: true)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown, .tensor(.int64, nil)] }
        guard var sizes = inputs.dimensions(0) else { return [.tensor(elementType, nil), .tensor(.int64, nil)] }
        let axis = try normalizedAxis(axis, rank: sizes.count)
        sizes[axis] = count.map { Dimension($0) } ?? inputs.elements(1)?.first ?? .unknown
        return [.tensor(elementType, sizes), .tensor(.int64, sizes)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let axis = try source.shape.axis(axis)
        let size = source.shape[axis]
        let count = try inputs.integers(1, unless: self.count.map { [$0] })
        guard count.count == 1, count[0] >= 0, count[0] <= size else { throw .value("\(count) of \(size) elements") }
        var shape = source.shape
        shape[axis] = count[0]
        var keys = try source.orderKeys()
        guard keys.count == source.elementCount else { throw .elementType("\(source) has no order") }
        if picksLargest { for index in keys.indices { keys[index] = ~keys[index] } }
        let inner = shape.dimensions[(axis + 1)...].reduce(1, &*)
        let outer = shape.dimensions[..<axis].reduce(1, &*)
        var starts = [Int](repeating: 0, count: try shape.checkedElementCount())
        if !starts.isEmpty {
            for row in 0..<outer {
                for column in 0..<inner {
                    let start = row * size * inner + column
                    let picked = TopK.least(count[0], of: size) { keys[start + $0 * inner] }
                    for (place, index) in picked.enumerated() {
                        starts[(row * count[0] + place) * inner + column] = start + index * inner
                    }
                }
            }
        }
        var values = try Canvas(source.elementType, shape, in: outputs.context)
        try values.gather(source, starts: starts, run: 1)
        outputs.set(0, try values.finish())
        try outputs.write(1, of: Int64.self, shape) { target throws(ComputeError) in
            for (index, start) in starts.enumerated() { target[index] = Int64(start / inner % size) }
        }
    }

    /// The positions of the least keys, in order; a heap keeps the best so far when they are few.
    @inline(__always)
    private static func least(_ count: Int, of size: Int, _ key: (Int) -> UInt64) -> [Int] {
        if count > size / 8 {
            let order = (0..<size).map { (key: key($0), index: $0) }.sorted { ($0.key, $0.index) < ($1.key, $1.index) }
            return order.prefix(count).map(\.index)
        }
        var heap: [(key: UInt64, index: Int)] = []
        for index in 0..<size {
            let candidate = (key: key(index), index: index)
            if heap.count < count {
                heap.append(candidate)
                var child = heap.count - 1
                while child > 0, heap[child] > heap[(child - 1) / 2] {
                    heap.swapAt(child, (child - 1) / 2)
                    child = (child - 1) / 2
                }
            } else if candidate < heap[0] {
                heap[0] = candidate
                var parent = 0
                while 2 * parent + 1 < heap.count {
                    var child = 2 * parent + 1
                    if child + 1 < heap.count, heap[child + 1] > heap[child] { child += 1 }
                    if heap[parent] > heap[child] { break }
                    heap.swapAt(parent, child)
                    parent = child
                }
            }
        }
        return heap.sorted { $0 < $1 }.map(\.index)
    }
}
