// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Cuts its input into parts along an axis.
package struct Split: Operator {
    package static let schema = Schema("Split", inputs: 1...2, outputs: .atLeast(1))

    private let axis: Int
    private let sizes: ShortList<Int>?
    private let partCount: Int
    private let mayBeUneven: Bool
    private let readsSizes: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: 0)
        sizes = try node.optionalIntegers("split").map { ShortList($0) }
        partCount = try node.optionalInteger("num_outputs") ?? node.outputCount
        mayBeUneven = node.opset >= 18
        readsSizes = node.hasInput(1)
        guard partCount == node.outputCount else {
            throw .attribute("'num_outputs' is \(partCount), the node has \(node.outputCount) outputs")
        }
    }

    private func parts(_ size: Int, _ sizes: ShortList<Int>?) throws(ComputeError) -> ShortList<Int> {
        if let sizes {
            guard sizes.count == partCount else { throw .shape("\(sizes.count) sizes for \(partCount) outputs") }
            var sum = 0
            for part in sizes {
                guard part >= 0, part <= size - sum else { throw .shape("\(sizes) do not add up to \(size)") }
                sum += part
            }
            guard sum == size else { throw .shape("\(sizes) do not add up to \(size)") }
            return sizes
        }
        guard partCount > 0, mayBeUneven || size % partCount == 0 else {
            throw .shape("\(size) cannot be cut into \(partCount) equal parts")
        }
        let even = size / partCount + (size % partCount == 0 ? 0 : 1)
        return ShortList((0..<partCount).lazy.map { min(even, max(size &- $0 &* even, 0)) })
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [] }
        guard let dimensions = inputs.dimensions(0) else {
            return [InferredValue](repeating: .tensor(elementType, nil), count: partCount)
        }
        let axis = try normalizedAxis(axis, rank: dimensions.count)
        var parts = [Dimension](repeating: .unknown, count: partCount)
        if let elements = sizes?.map({ Dimension($0) }) ?? inputs.elements(1) {
            guard elements.count == partCount else { throw .shape("\(elements.count) sizes for \(partCount) outputs") }
            parts = elements
        } else if !readsSizes, let size = dimensions[axis].value {
            parts = try self.parts(size, nil).map { Dimension($0) }
        } else if !readsSizes, partCount > 0 {
            let even = dimensions[axis].floorDivided(by: Dimension(partCount))
            if !mayBeUneven || even * Dimension(partCount) == dimensions[axis] {
                parts = [Dimension](repeating: even, count: partCount)
            }
        }
        var position = 0
        let elements = inputs.elements(0)
        return parts.map { part in
            if dimensions.count == 1, let elements, let size = part.value, size >= 0, position <= elements.count - size
            {
                position += size
                return .integers(elementType, Array(elements[(position - size)..<position]))
            }
            position = .max
            var result = dimensions
            result[axis] = part
            return .tensor(elementType, result)
        }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let axis = try source.shape.axis(axis)
        let given = try inputs.optionalShortIntegers(1) ?? sizes
        var start = 0
        for (index, size) in try parts(source.shape[axis], given).enumerated() {
            if outputs.isWanted(index) {
                outputs.set(
                    index, try Split.part(source, axis, start..<(start + size), in: outputs.context))
            }
            start += size
        }
    }

    /// The part of a tensor in a range of indices along one axis, counted from the front; the range must lie inside.
    static func part(
        _ source: Tensor, _ axis: Int, _ range: Range<Int>, in context: EvaluationContext
    ) throws(ComputeError) -> Tensor {
        if range.count == source.shape[axis] { return source }
        var shape = source.shape
        shape[axis] = range.count
        let outer = shape[..<axis].reduce(1, &*)
        let inner = shape[(axis + 1)...].reduce(1, &*)
        let run = range.count * inner
        var canvas = try Canvas(source.elementType, shape, in: context)
        try canvas.copy(
            source,
            Block(
                sizes: ShortList(outer, run), sourceStart: range.lowerBound * inner,
                sourceSteps: ShortList(source.shape[axis] * inner, 1), targetSteps: ShortList(run, 1)))
        return try canvas.finish()
    }
}
