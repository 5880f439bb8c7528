// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The distinct elements, or slices along an axis, of its input.
package struct Unique: Operator {
    package static let schema = Schema("Unique", since: 11, inputs: 1...1, outputs: 1...4)

    private let axis: Int?
    private let sorts: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.optionalInteger("axis")
        sorts = try node.flag("sorted", default: true)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let places = InferredValue.tensor(.int64, [.unknown])
        var inverse = places
        var values = InferredValue.unknown
        if let elementType = inputs.elementType(0) {
            values = .tensor(elementType, axis == nil ? [.unknown] : nil)
            if var sizes = inputs.dimensions(0) {
                if let axis {
                    let position = try normalizedAxis(axis, rank: sizes.count)
                    inverse = .tensor(.int64, [sizes[position]])
                    sizes[position] = .unknown
                    values = .tensor(elementType, sizes)
                } else {
                    inverse = .tensor(.int64, [product(sizes)])
                }
            }
        }
        return [values, places, inverse, places]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        var shape: Shape = [source.elementCount]
        var position = 0
        if let axis {
            shape = source.shape
            position = try source.shape.axis(axis)
        }
        let size = shape[position]
        let inner = shape.dimensions[(position + 1)...].reduce(1, &*)
        let outer = shape.dimensions[..<position].reduce(1, &*)
        guard source.elementCount > 0 || max(size, outer) <= 1 << 24 else { throw .limit("\(source) of nothing") }
        let keys = try source.orderKeys()
        let width = source.elementCount == 0 ? 1 : keys.count / source.elementCount
        let groups = Unique.groups(keys, outer: outer, size: size, inner: inner * width, sorts: sorts)
        shape[position] = groups.count
        let starts = (0..<outer).flatMap { row in groups.map { (row * size + $0[0]) * inner } }
        var values = try Canvas(source.elementType, shape, in: outputs.context)
        if inner > 0 { try values.gather(source, starts: starts, run: inner) }
        outputs.set(0, try values.finish())
        var inverse = [Int64](repeating: 0, count: size)
        for (place, group) in groups.enumerated() {
            for member in group { inverse[member] = Int64(place) }
        }
        outputs.set(1, try Tensor(groups.map { Int64($0[0]) }, shape: [groups.count]))
        outputs.set(2, try Tensor(inverse, shape: [size]))
        outputs.set(3, try Tensor(groups.map { Int64($0.count) }, shape: [groups.count]))
    }

    /// The members of each class of equal slices, ascending; classes in order of value or of first member.
    private static func groups(_ keys: [UInt64], outer: Int, size: Int, inner: Int, sorts: Bool) -> [[Int]] {
        func order(_ left: Int, _ right: Int) -> Int {
            for row in 0..<outer {
                let base = row * size * inner
                for column in 0..<inner {
                    let first = keys[base + left * inner + column]
                    let second = keys[base + right * inner + column]
                    if first != second { return first < second ? -1 : 1 }
                }
            }
            return 0
        }
        let sorted = (0..<size).sorted { left, right in
            let order = order(left, right)
            return order == 0 ? left < right : order < 0
        }
        var groups: [[Int]] = []
        for member in sorted {
            if let last = groups.last, order(last[0], member) == 0 {
                groups[groups.count - 1].append(member)
            } else {
                groups.append([member])
            }
        }
        return sorts ? groups : groups.sorted { $0[0] < $1[0] }
    }
}
