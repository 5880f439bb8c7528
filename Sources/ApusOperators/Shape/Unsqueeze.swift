// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds axes of size 1 at the given places of the output.
package struct Unsqueeze: Operator {
    package static let schema = Schema("Unsqueeze", inputs: 1...2)

    private let axes: [Int]?

    package init(_ node: NodeReader) throws(ComputeError) { axes = try node.optionalIntegers("axes") }

    private func expand<Size>(_ sizes: [Size], _ axes: [Int], _ one: Size) throws(ComputeError) -> [Size] {
        let rank = sizes.count + axes.count
        let added = try normalizedAxes(axes, rank: rank)
        var rest = sizes.makeIterator()
        return (0..<rank).map { added.contains($0) ? one : rest.next() ?? one }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        guard let axes = axes ?? inputs.integers(1) else {
            let rank = inputs.length(1).map { $0 + dimensions.count }
            return [.tensor(elementType, rank.map { [Dimension](repeating: .unknown, count: $0) })]
        }
        let value = inputs.known(0) ?? .unknown
        return [value.reshaped(elementType, try expand(dimensions, axes, 1), elements: inputs.elements(0))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let axes = try inputs.shortIntegers(1, unless: axes)
        let rank = source.shape.rank + axes.count
        let added = try normalizedAxes(axes, rank: rank)
        var sizes = ShortList<Int>(repeating: 1, count: rank)
        var next = 0
        for axis in 0..<rank where !added.contains(axis) {
            sizes[axis] = source.shape[next]
            next += 1
        }
        outputs.set(0, try source.reshaped(to: Shape(sizes: sizes)))
    }
}
