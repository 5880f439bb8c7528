// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds elements before and after each axis, or with negative counts takes them away.
package struct Pad: Operator {
    package static let schema = Schema("Pad", inputs: 1...4)

    private enum Mode: String, CaseIterable {
        case constant
        case reflect
        case edge
        case wrap
    }

    private let mode: Mode
    private let pads: [Int]?
    private let value: Float
    private let readsAxes: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        mode = try node.choice("mode", default: Mode.constant)
        pads = node.opset < 11 ? try node.integers(node.opset < 2 ? "paddings" : "pads") : nil
        value = try node.float("value", default: 0)
        readsAxes = node.hasInput(3)
    }

    /// The counts before and after every axis.
    private static func spread<Count>(
        _ pads: [Count], axes: [Int]?, rank: Int, none: Count
    ) throws(ComputeError) -> [(before: Count, after: Count)] {
        let positions = try normalizedAxes(axes ?? Array(0..<rank), rank: rank)
        guard pads.count == 2 * positions.count else { throw .shape("\(pads.count) pads for \(positions.count) axes") }
        var result = [(before: Count, after: Count)](repeating: (none, none), count: rank)
        for (index, axis) in positions.enumerated() { result[axis] = (pads[index], pads[index + positions.count]) }
        return result
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        let unknown = [InferredValue.tensor(elementType, [Dimension](repeating: .unknown, count: dimensions.count))]
        guard let pads = pads?.map({ Dimension($0) }) ?? inputs.elements(1) else { return unknown }
        let axes = inputs.integers(3)
        if readsAxes, axes == nil { return unknown }
        let spread = try Pad.spread(pads, axes: axes, rank: dimensions.count, none: 0)
        return [.tensor(elementType, zip(dimensions, spread).map { $0 + $1.before + $1.after })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let rank = source.shape.rank
        let axes = try inputs.optionalIntegers(3)
        let counts = try Pad.spread(try inputs.integers(1, unless: pads), axes: axes, rank: rank, none: 0)
        var sizes: [Int] = []
        for (size, count) in zip(source.shape, counts) {
            guard count.before.magnitude < 1 << 48, count.after.magnitude < 1 << 48 else {
                throw .limit("\(count.before) and \(count.after) more elements")
            }
            let (first, tooMany) = size.addingReportingOverflow(count.before)
            let (sum, overflow) = first.addingReportingOverflow(count.after)
            guard !tooMany, !overflow else { throw .limit("the padded size overflows") }
            sizes.append(sum)
        }
        let shape = Shape(sizes)
        _ = try shape.checkedElementCount()
        guard mode == .constant else {
            outputs.set(0, try fold(source, counts, shape, outputs.context))
            return
        }
        var filler = pads == nil ? try inputs.optionalTensor(2) : nil
        if value != 0 { filler = try Tensor.scalar(source.elementType, Double(value)) }
        outputs.set(
            0,
            try Pad.place(source, at: counts.map(\.before), in: shape, filler: filler, outputs.context))
    }

    /// A tensor of the given shape with the source at an offset, cut where it does not fit.
    static func place(
        _ source: Tensor, at offsets: [Int], in shape: Shape, filler: Tensor?, _ context: EvaluationContext
    ) throws(ComputeError) -> Tensor {
        if shape == source.shape, offsets.allSatisfy({ $0 == 0 }) { return source }
        var canvas =
            if let filler {
                try Canvas.filled(with: filler, shape, in: context)
            } else {
                try Canvas(source.elementType, shape, in: context, cleared: true)
            }
        var block = Block(sizes: [], sourceSteps: source.shape.steps, targetSteps: shape.steps)
        for axis in shape.indices {
            let first = max(0, offsets[axis])
            let last = min(shape[axis], offsets[axis] + source.shape[axis])
            block.sizes.append(max(0, last - first))
            if last > first {
                block.sourceStart += (first - offsets[axis]) * block.sourceSteps[axis]
                block.targetStart += first * block.targetSteps[axis]
            }
        }
        if !block.sizes.contains(0) { try canvas.copy(source, block) }
        return try canvas.finish()
    }

    /// Padding that repeats elements of the source.
    private func fold(
        _ source: Tensor, _ counts: [(before: Int, after: Int)], _ shape: Shape, _ context: EvaluationContext
    ) throws(ComputeError) -> Tensor {
        var canvas = try Canvas(source.elementType, shape, in: context)
        if canvas.elementCount == 0 { return try canvas.finish() }
        var maps: [[Int]?] = []
        for (axis, count) in counts.enumerated() {
            if count.before == 0, count.after == 0 {
                maps.append(nil)
                continue
            }
            let first = max(0, -count.before)
            let kept = source.shape[axis] - first - max(0, -count.after)
            guard kept > 0 else { throw .shape("nothing of \(source) is left to repeat along axis \(axis)") }
            let before = max(0, count.before)
            maps.append((0..<shape[axis]).map { first + index($0 - before, of: kept) })
        }
        try canvas.copy(source, sizes: source.shape.dimensions, maps: maps)
        return try canvas.finish()
    }

    private func index(_ position: Int, of size: Int) -> Int {
        switch mode {
        case .constant, .edge: return min(max(position, 0), size - 1)
        case .wrap: return position % size < 0 ? position % size + size : position % size
        case .reflect:
            let period = max(2 * (size - 1), 1)
            let phase = position % period < 0 ? position % period + period : position % period
            return phase < size ? phase : period - phase
        }
    }
}
