// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Drops axes of size 1: the given ones, or all.
package struct Squeeze: Operator {
    package static let schema = Schema("Squeeze", inputs: 1...2)

    private let axes: [Int]?
    private let readsAxes: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        axes = try node.optionalIntegers("axes")
        readsAxes = node.hasInput(1)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        let dropped: [Int]
        if let given = axes ?? inputs.integers(1) {
            dropped = try normalizedAxes(given, rank: dimensions.count)
            for axis in dropped {
                if let size = dimensions[axis].value, size != 1 { throw .shape("axis \(axis) has size \(size), not 1") }
            }
        } else if !readsAxes, dimensions.allSatisfy({ $0.value != nil }) {
            dropped = dimensions.indices.filter { dimensions[$0].value == 1 }
        } else if readsAxes, let count = inputs.length(1), count <= dimensions.count {
            return [.tensor(elementType, [Dimension](repeating: .unknown, count: dimensions.count - count))]
        } else {
            return [.tensor(elementType, nil)]
        }
        let kept = dimensions.indices.filter { !dropped.contains($0) }.map { dimensions[$0] }
        let value = inputs.known(0) ?? .unknown
        return [value.reshaped(elementType, kept, elements: inputs.elements(0))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = source.shape
        var dropped = ShortList<Int>()
        if let given = try inputs.optionalShortIntegers(1) ?? axes.map({ ShortList($0) }) {
            dropped = try normalizedAxes(given, rank: shape.rank)
        } else {
            for axis in shape.indices where shape[axis] == 1 { dropped.append(axis) }
        }
        var kept = ShortList<Int>()
        for axis in shape.indices where !dropped.contains(axis) { kept.append(shape[axis]) }
        outputs.set(0, try source.reshaped(to: Shape(sizes: kept)))
    }
}
