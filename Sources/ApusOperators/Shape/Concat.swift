// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Joins tensors along an axis.
package struct Concat: Operator {
    package static let schema = Schema("Concat", inputs: .atLeast(1))

    private let axis: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = node.opset < 4 ? try node.integer("axis", default: 1) : try node.integer("axis")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let elementType = inputs.indices.lazy.compactMap { inputs.elementType($0) }.first
        guard let elementType else { return [.unknown] }
        for index in inputs.indices {
            if let other = inputs.elementType(index), other != elementType {
                throw .elementType("\(elementType.name) and \(other.name) cannot be joined")
            }
        }
        let known = inputs.indices.compactMap { inputs.dimensions($0) }
        guard let first = known.first else { return [.tensor(elementType, nil)] }
        let axis = try normalizedAxis(axis, rank: first.count)
        var result = first
        for other in known.dropFirst() {
            guard other.count == first.count else { throw .shape("inputs of rank \(first.count) and \(other.count)") }
            for position in result.indices where position != axis {
                if let left = result[position].value, let right = other[position].value, left != right {
                    throw .shape("\(left) and \(right) differ on axis \(position)")
                }
                result[position] = result[position].refined(by: other[position])
            }
        }
        result[axis] = known.count == inputs.count ? known.reduce(0) { $0 + $1[axis] } : .unknown
        var value = InferredValue.tensor(elementType, result)
        let elements = inputs.indices.compactMap { inputs.elements($0) }
        if result.count == 1, elements.count == inputs.count, elementType.isInteger {
            value = .integers(elementType, Array(elements.joined()))
        }
        return [value]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        outputs.set(
            0,
            try Concat.join(count: inputs.count, axis: axis, in: outputs.context) { (index) throws(ComputeError) in
                try inputs.tensor(index)
            })
    }

    /// Joins tensors along one of their axes.
    static func join(
        _ parts: [Tensor], axis: Int, in context: EvaluationContext
    ) throws(ComputeError) -> Tensor {
        try join(count: parts.count, axis: axis, in: context) { parts[$0] }
    }

    private static func join(
        count: Int, axis: Int, in context: EvaluationContext, _ part: (Int) throws(ComputeError) -> Tensor
    ) throws(ComputeError) -> Tensor {
        guard count > 0 else { throw .value("nothing to join") }
        let first = try part(0)
        let axis = try first.shape.axis(axis)
        if count == 1 { return first }
        var shape = first.shape
        for index in 1..<count {
            let part = try part(index)
            guard part.shape.rank == shape.rank,
                shape.indices.allSatisfy({ $0 == axis || part.shape[$0] == shape[$0] })
            else { throw .shape("\(first) and \(part) cannot be joined along axis \(axis)") }
            let (sum, overflow) = shape[axis].addingReportingOverflow(part.shape[axis])
            guard !overflow else { throw .limit("the size of axis \(axis) overflows") }
            shape[axis] = sum
        }
        var canvas = try Canvas(first.elementType, shape, in: context)
        let outer = shape[..<axis].reduce(1, &*)
        let inner = shape[(axis + 1)...].reduce(1, &*)
        var position = 0
        for index in 0..<count {
            let part = try part(index)
            let run = part.shape[axis] * inner
            try canvas.copy(
                part,
                Block(
                    sizes: ShortList(outer, run), sourceSteps: ShortList(run, 1), targetStart: position,
                    targetSteps: ShortList(shape[axis] * inner, 1)))
            position += run
        }
        return try canvas.finish()
    }
}
