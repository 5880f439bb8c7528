// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Stretches or shrinks a tensor along some dimensions.
package struct Resize: Operator {
    package static let schema = Schema("Resize", since: 10, inputs: 1...4)

    private enum Policy: String, CaseIterable {
        case stretch
        case notLarger = "not_larger"
        case notSmaller = "not_smaller"
    }

    private let sampling: ResizeSampling
    private let policy: Policy
    private let axes: [Int]?
    private let scalesIndex: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        sampling = try ResizeSampling(node)
        policy = try node.choice("keep_aspect_ratio_policy", default: .stretch)
        axes = try node.optionalIntegers("axes")
        scalesIndex = node.opset < 11 ? 1 : 2
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(maybe: type, nil)] }
        let chosen = try resolvedAxes(rank: dimensions.count)
        var result = dimensions
        for axis in chosen { result[axis] = .unknown }
        if let scales = inputs.known(scalesIndex)?.constant, scales.elementCount > 0 {
            let factors = try scales.reals(as: Float.self)
            guard factors.count == chosen.count else {
                throw .shape("\(factors.count) scales for \(chosen.count) axes")
            }
            for (axis, factor) in zip(chosen, factors) {
                if let size = dimensions[axis].value {
                    result[axis] = Dimension(try Resize.scaled(size, factor))
                } else if let whole = Int(exactly: factor) {
                    result[axis] = dimensions[axis] * Dimension(whole)
                }
            }
        } else if scalesIndex == 2, let sizes = inputs.expressions(3), sizes.count == chosen.count {
            if policy == .stretch {
                for (axis, size) in zip(chosen, sizes) { result[axis] = size }
            } else if let shape = ValueType.tensor(.float32, dimensions).shape {
                let wanted = ShortList(sizes.lazy.compactMap(\.value))
                if wanted.count == chosen.count, let plan = try? plan(shape, chosen, scales: nil, sizes: wanted) {
                    for axis in chosen { result[axis] = Dimension(plan[axis].output) }
                }
            }
        }
        return [.tensor(maybe: type, result)]
    }

    /// The resize along one dimension.
    private struct AxisPlan: ShortListElement {
        var input = 0
        var output = 0
        var scale = 1.0
        var start = 0.0
        var end = 1.0
        var region: (start: Double, end: Double) { (start, end) }
        var isIdentity: Bool { input == output && scale == 1 && start == 0 && end == 1 }
    }

    private func resolvedAxes(rank: Int) throws(ComputeError) -> ShortList<Int> {
        guard let axes else { return ShortList(0..<rank) }
        var result = ShortList<Int>()
        for axis in axes {
            let position = try normalizedAxis(axis, rank: rank)
            guard !result.contains(position) else { throw .attribute("attribute 'axes' repeats one of \(axes)") }
            result.append(position)
        }
        return result
    }

    private static func scaled(_ size: Int, _ scale: Float) throws(ComputeError) -> Int {
        let result = (Float(size) * scale).rounded(.down)
        guard scale > 0, result < Float(1 << 31) else { throw .value("a size of \(size) times \(scale)") }
        return Int(result)
    }

    private func plan(
        _ shape: Shape, _ axes: ShortList<Int>, scales: ShortList<Float>?, sizes: ShortList<Int>?
    ) throws(ComputeError) -> ShortList<AxisPlan> {
        var plans = ShortList(shape.lazy.map { AxisPlan(input: $0, output: $0) })
        if let scales {
            guard scales.count == axes.count else { throw .shape("\(scales.count) scales for \(axes.count) axes") }
            for (axis, scale) in zip(axes, scales) {
                plans[axis].output = try Resize.scaled(shape[axis], scale)
                plans[axis].scale = Double(scale)
            }
        } else if let sizes {
            guard sizes.count == axes.count, sizes.allSatisfy({ $0 >= 0 && $0 < 1 << 31 }) else {
                throw .value("sizes \(sizes) for \(axes.count) axes")
            }
            let ratios = zip(axes, sizes).lazy.map { Double($1) / Double(shape[$0]) }
            let common = policy == .notLarger ? ratios.min() : ratios.max()
            for (position, axis) in axes.enumerated() {
                plans[axis].output = sizes[position]
                plans[axis].scale = Double(sizes[position]) / Double(shape[axis])
                if policy != .stretch, let common {
                    let size = (common * Double(shape[axis]) + 0.5).rounded(.down)
                    guard size >= 0, size < Double(1 << 31) else { throw .value("a size of \(size)") }
                    plans[axis].output = Int(size)
                    plans[axis].scale = common
                }
            }
        } else {
            throw .value("a resize needs scales or sizes")
        }
        for plan in plans where plan.output > 0 && plan.input == 0 { throw .shape("an empty \(shape) cannot grow") }
        return plans
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try inputs.checkSizes()
        let input = try inputs.tensor(0)
        let chosen = try resolvedAxes(rank: input.shape.rank)
        var scales = try inputs.optionalTensor(scalesIndex)
        if scales?.elementCount == 0 { scales = nil }
        var sizes = scalesIndex == 2 ? try inputs.optionalTensor(3) : nil
        if sizes?.elementCount == 0 { sizes = nil }
        var plans = try plan(input.shape, chosen, scales: scales?.shortFloats(), sizes: sizes?.shortIntegers())
        if sampling.crops, scalesIndex == 2, let region = try inputs.optionalTensor(1)?.reals(as: Double.self) {
            guard region.count == 2 * chosen.count else { throw .shape("a region of \(region.count) numbers") }
            for (position, axis) in chosen.enumerated() {
                (plans[axis].start, plans[axis].end) = (region[position], region[chosen.count + position])
            }
        }
        let shape = Shape(plans.lazy.map { $0.output })
        let type = input.elementType
        if shape.contains(0) && type != .string {
            outputs.set(0, try outputs.makeTensor(0, type, shape).finish())
        } else if sampling.mode == .nearest {
            try gather(input, plans, shape, &outputs)
        } else if type == .float32 {
            outputs.set(0, try interpolate(input, Float.self, plans, outputs.context))
        } else if type == .float16 || type == .bfloat16 {
            outputs.set(0, try interpolate(input.cast(to: .float32), Float.self, plans, outputs.context).cast(to: type))
        } else if type == .float64 {
            outputs.set(0, try interpolate(input, Double.self, plans, outputs.context))
        } else if type.isInteger || type == .bool {
            let result = try interpolate(input.cast(to: .float64), Double.self, plans, outputs.context).array(
                of: Double.self)
            let bounds = Resize.bounds(type)
            let rounded = result.map { min(max($0.rounded(.toNearestOrEven), bounds.0), bounds.1) }
            outputs.set(0, try Tensor(rounded, shape: shape).cast(to: type))
        } else {
            throw .elementType("Resize does not mix elements of \(type.name)")
        }
    }

    private static func bounds(_ type: ElementType) -> (Double, Double) {
        let bits = Double(type.storedBitWidth)
        switch type {
        case .int8, .int16, .int32: return (-Double.pow(2, bits - 1), Double.pow(2, bits - 1) - 1)
        case .uint8, .uint16, .uint32: return (0, Double.pow(2, bits) - 1)
        case .uint64: return (0, 18_446_744_073_709_549_568)
        case .int64: return (-9_223_372_036_854_775_808, 9_223_372_036_854_774_784)
        case .int4: return (-8, 7)
        case .uint4: return (0, 15)
        case .int2: return (-2, 1)
        case .uint2: return (0, 3)
        default: return (0, 1)
        }
    }

    /// Mixes neighbours along one dimension after the other.
    private func interpolate<Element: RealElement>(
        _ input: Tensor, _ type: Element.Type, _ plans: ShortList<AxisPlan>, _ context: EvaluationContext
    ) throws(ComputeError) -> Tensor {
        var current = input
        for (axis, plan) in plans.enumerated() where !plan.isIdentity {
            let before = current
            var shape = before.shape
            shape[axis] = plan.output
            let source = try before.elements(of: Element.self)
            var result = try MutableTensor(Element.elementType, shape, budget: context.budget)
            let taps = try sampling.weighted(
                input: plan.input, output: plan.output, scale: plan.scale, region: plan.region)
            var target = try result.elements(of: Element.self)
            let inner = Shape(shape.dropFirst(axis + 1)).elementCount
            let outer = Shape(shape.prefix(axis)).elementCount
            for row in 0..<outer * plan.output {
                let (block, place) = (row / plan.output, row % plan.output)
                let to = row &* inner
                guard let line = taps[place] else {
                    for index in 0..<inner { target[to &+ index] = Element(sampling.extrapolation) }
                    continue
                }
                for tap in line {
                    let from = (block &* plan.input &+ tap.index) &* inner
                    let weight = Element(tap.weight)
                    for index in 0..<inner { target[to &+ index] += weight * source[from &+ index] }
                }
            }
            current = result.finish()
        }
        return current
    }

    /// Copies nearest neighbours, whatever the elements are.
    private func gather(
        _ input: Tensor, _ plans: ShortList<AxisPlan>, _ shape: Shape, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let isText = input.elementType == .string
        if isText { try outputs.context.checkStrings(try shape.checkedElementCount()) }
        var result = try outputs.makeTensor(0, isText ? .uint8 : input.elementType, isText ? [0] : shape)
        let nearest = try NearestGather(from: input.shape, to: shape, outputs.context) { axis, index in
            let plan = plans[axis]
            if plan.isIdentity { return index }
            return sampling.nearest(
                index, input: plan.input, output: plan.output, scale: plan.scale, region: plan.region)
        }
        if isText {
            var strings: [String] = []
            try nearest.forEachElement { strings.append($0.map { input.strings[$0] } ?? "") }
            outputs.set(0, try Tensor(strings: strings, shape: shape, budget: outputs.context.budget))
            return
        }
        let filler =
            sampling.crops && input.elementType != .complex64 && input.elementType != .complex128
            ? try Tensor([sampling.extrapolation], shape: [1]).cast(to: input.elementType) : nil
        switch input.elementType.byteWidth {
        case 1: try nearest.copy(UInt8.self, input, outside: filler, into: &result, outputs.context.workers)
        case 2: try nearest.copy(UInt16.self, input, outside: filler, into: &result, outputs.context.workers)
        case 4: try nearest.copy(UInt32.self, input, outside: filler, into: &result, outputs.context.workers)
        case 8: try nearest.copy(UInt64.self, input, outside: filler, into: &result, outputs.context.workers)
        default: try nearest.copy(Pattern128.self, input, outside: filler, into: &result, outputs.context.workers)
        }
        outputs.set(0, result.finish())
    }
}
