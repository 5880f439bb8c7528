// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A tensor with one value where an index says so along a new axis, and another elsewhere.
package struct OneHot: Operator {
    package static let schema = Schema("OneHot", since: 9, inputs: 3...3)

    private let axis: Int

    package init(_ node: NodeReader) throws(ComputeError) { axis = try node.integer("axis", default: -1) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(2) else { return [.unknown] }
        guard var sizes = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        let axis = try normalizedAxis(axis, rank: sizes.count + 1)
        var depth = Dimension.unknown
        if let elements = inputs.elements(1), elements.count == 1 {
            depth = elements[0]
        } else if let constant = inputs.known(1)?.constant, let integers = try? OneHot.integers(constant) {
            depth = integers.first.map { Dimension($0) } ?? .unknown
        }
        sizes.insert(depth, at: axis)
        return [.tensor(elementType, sizes)]
    }

    /// Any numbers as integers; what has no integer becomes `Int.min`.
    private static func integers(_ tensor: Tensor) throws(ComputeError) -> [Int] {
        if !tensor.elementType.isFloat, tensor.elementType != .uint64 { return try tensor.integers() }
        return try tensor.doubles().map { Int(exactly: $0.rounded(.towardZero)) ?? .min }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let indices = try inputs.tensor(0)
        let values = try inputs.tensor(2)
        guard let depth = try OneHot.integers(try inputs.tensor(1)).first, depth >= 0 else {
            throw .value("the depth is not one number")
        }
        guard values.elementCount == 2 else { throw .shape("expected the values off and on, not \(values)") }
        var shape = indices.shape
        let axis = try normalizedAxis(axis, rank: shape.rank + 1)
        shape.dimensions.insert(depth, at: axis)
        let off = try Split.part(values.reshaped(to: [2]), 0, 0..<1, in: outputs.context)
        let on = try Split.part(values.reshaped(to: [2]), 0, 1..<2, in: outputs.context)
        var canvas = try Canvas.filled(with: off, shape, in: outputs.context)
        if canvas.elementCount > 0 {
            let inner = shape.dimensions[(axis + 1)...].reduce(1, &*)
            var starts: [Int] = []
            for (position, index) in try OneHot.integers(indices).enumerated() where index >= -depth && index < depth {
                let row = (position / inner) * depth + (index < 0 ? index + depth : index)
                starts.append(row * inner + position % inner)
            }
            let marks = try Canvas.filled(with: on, [starts.count], in: outputs.context).finish()
            try canvas.scatter(marks, to: starts, run: 1)
        }
        outputs.set(0, try canvas.finish())
    }
}
