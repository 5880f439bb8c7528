// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A box of its input, with steps that may run backwards.
package struct Slice: Operator {
    package static let schema = Schema("Slice", inputs: 1...5)

    private struct Attributes {
        var starts: [Int]
        var ends: [Int]
        var axes: [Int]?
    }

    /// Along one axis: the first index, the number of indices and the step.
    private struct Cut {
        var start: Int
        var count: Int
        var step: Int
    }

    private let attributes: Attributes?
    private let readsAxes: Bool
    private let readsSteps: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        readsAxes = node.hasInput(3)
        readsSteps = node.hasInput(4)
        attributes =
            node.opset < 10
            ? Attributes(
                starts: try node.integers("starts"), ends: try node.integers("ends"),
                axes: try node.optionalIntegers("axes")) : nil
    }

    private static func cut(_ size: Int, _ start: Int, _ end: Int, _ step: Int) throws(ComputeError) -> Cut {
        guard step != 0, step != .min else { throw .value("a step of \(step)") }
        let first = start < 0 ? start &+ size : start
        let last = end < 0 ? end &+ size : end
        if step > 0 {
            let from = min(max(first, 0), size)
            let to = min(max(last, 0), size)
            return Cut(start: from, count: to > from ? (to - from - 1) / step + 1 : 0, step: step)
        }
        let from = min(max(first, -1), size - 1)
        let to = min(max(end < -size ? -1 : last, -1), size - 1)
        return Cut(start: max(from, 0), count: from > to ? (from - to - 1) / -step + 1 : 0, step: step)
    }

    /// The cut size along one axis, from bounds that may be expressions.
    private static func cut(
        _ size: Dimension, _ start: Dimension, _ end: Dimension, _ step: Int
    ) throws(ComputeError) -> Dimension {
        guard step != 0, step != .min else { throw .value("a step of \(step)") }
        let far = Int(Int32.max)
        if let size = size.value, let start = start.value, let end = end.value {
            return Dimension(try cut(size, start, end, step).count)
        }
        if step < 0 {
            guard let start = start.value, let end = end.value, start == -1 || start >= far, end <= -far else {
                return .unknown
            }
            return (size + Dimension(-step - 1)).floorDivided(by: Dimension(-step))
        }
        guard !size.isUnknown, let first = position(start, size) else { return .unknown }
        let last: Dimension
        if let end = end.value {
            last = end >= far ? size : end < 0 ? size + Dimension(end) : least(Dimension(end), size)
        } else if let gap = (size - end).value {
            last = gap >= 0 ? end : size
        } else {
            last = end.isUnknown ? .unknown : least(end, size)
        }
        guard first == 0 || last == size || (last - first).value != nil || !last.description.hasPrefix("min") else {
            return .unknown
        }
        let length = last - first
        if let value = length.value { return Dimension(max(value, 0) / step + (max(value, 0) % step == 0 ? 0 : 1)) }
        return step == 1 ? length : (length + Dimension(step - 1)).floorDivided(by: Dimension(step))
    }

    private static func position(_ start: Dimension, _ size: Dimension) -> Dimension? {
        if let value = start.value { return value < 0 ? size + start : start }
        guard let gap = (size - start).value, gap >= 0 else { return nil }
        return start
    }

    private static func least(_ left: Dimension, _ right: Dimension) -> Dimension {
        if let gap = (right - left).value { return gap >= 0 ? left : right }
        if left.isUnknown || right.isUnknown { return .unknown }
        if left.value == 0 || right.value == 0 { return 0 }
        return .least(left, right)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        let starts = attributes?.starts.map { Dimension($0) } ?? inputs.elements(1)
        let ends = attributes?.ends.map { Dimension($0) } ?? inputs.elements(2)
        let count = starts?.count ?? ends?.count ?? inputs.length(1) ?? inputs.length(2)
        var axes = attributes?.axes ?? inputs.integers(3)
        if axes == nil, !readsAxes, let count, count <= dimensions.count { axes = Array(0..<count) }
        guard let axes else {
            return [.tensor(elementType, [Dimension](repeating: .unknown, count: dimensions.count))]
        }
        let positions = try normalizedAxes(axes, rank: dimensions.count)
        let steps = readsSteps ? inputs.integers(4) : [Int](repeating: 1, count: positions.count)
        var result = dimensions
        guard let starts, let ends, let steps else {
            for axis in positions { result[axis] = .unknown }
            return [.tensor(elementType, result)]
        }
        guard starts.count == axes.count, ends.count == axes.count, steps.count == axes.count else {
            throw .shape("\(starts.count) starts, \(ends.count) ends, \(steps.count) steps for \(axes.count) axes")
        }
        for (index, axis) in positions.enumerated() {
            result[axis] = try Slice.cut(dimensions[axis], starts[index], ends[index], steps[index])
        }
        if result.count == 1, positions.count == 1, let elements = inputs.elements(0), let start = starts[0].value,
            let end = ends[0].value
        {
            let cut = try Slice.cut(elements.count, start, end, steps[0])
            return [.integers(elementType, (0..<cut.count).map { elements[cut.start + $0 * cut.step] })]
        }
        return [.tensor(elementType, result)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let starts = try inputs.shortIntegers(1, unless: attributes?.starts)
        let ends = try inputs.shortIntegers(2, unless: attributes?.ends)
        let given = try inputs.optionalShortIntegers(3) ?? attributes?.axes.map { ShortList($0) }
        let axes = given ?? ShortList(0..<starts.count)
        let steps = try inputs.optionalShortIntegers(4) ?? ShortList(repeating: 1, count: axes.count)
        guard starts.count == axes.count, ends.count == axes.count, steps.count == axes.count else {
            throw .shape("\(starts.count) starts, \(ends.count) ends, \(steps.count) steps for \(axes.count) axes")
        }
        let sourceSteps = source.shape.steps
        var shape = source.shape
        var block = Block(sizes: [], sourceSteps: sourceSteps, targetSteps: [])
        for (index, axis) in try normalizedAxes(axes, rank: shape.rank).enumerated() {
            let cut = try Slice.cut(source.shape[axis], starts[index], ends[index], steps[index])
            shape[axis] = cut.count
            block.sourceStart += cut.start * sourceSteps[axis]
            block.sourceSteps[axis] = cut.count > 1 ? cut.step * sourceSteps[axis] : sourceSteps[axis]
        }
        if shape == source.shape, block.sourceSteps == sourceSteps {
            outputs.set(0, source)
            return
        }
        block.sizes = shape.sizes
        block.targetSteps = shape.steps
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        try canvas.copy(source, block)
        outputs.set(0, try canvas.finish())
    }
}
