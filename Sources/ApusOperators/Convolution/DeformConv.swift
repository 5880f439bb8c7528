// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A convolution whose taps are moved by offsets that are inputs, sampled linearly between elements.
package struct DeformConv: RealOperator {
    package static let schema = Schema("DeformConv", since: 19, inputs: 3...5)

    private let geometry: ConvolutionGeometry
    private let groups: Int
    private let offsetGroups: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        groups = try node.integer("group", default: 1)
        offsetGroups = try node.integer("offset_group", default: 1)
        guard groups > 0, offsetGroups > 0 else { throw .attribute("\(groups) groups, \(offsetGroups) offset groups") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        guard let image = inputs.dimensions(0), let filters = inputs.dimensions(1) else {
            return [.tensor(maybe: type, nil)]
        }
        guard image.count >= 3, filters.count == image.count else { throw .shape("filters \(filters) over \(image)") }
        let space = try geometry.outputs(input: Array(image.dropFirst(2)), kernel: Array(filters.dropFirst(2)))
        return [.tensor(maybe: type, [image[0], filters[0]] + space)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let image = try inputs.tensor(0)
        let filters = try inputs.tensor(1)
        let moves = try inputs.tensor(2)
        let bias = try inputs.optionalTensor(3)
        let mask = try inputs.optionalTensor(4)
        let rank = image.shape.rank - 2
        guard rank >= 1, rank <= 8, filters.shape.rank == rank + 2 else {
            throw .shape("filters \(filters.shape) over an image \(image.shape)")
        }
        let (channels, filterCount) = (image.shape[1], filters.shape[0])
        guard filters.shape[1].multipliedReportingOverflow(by: groups) == (channels, false),
            filterCount % groups == 0, channels % offsetGroups == 0
        else { throw .shape("\(groups) groups of filters \(filters.shape) over an image \(image.shape)") }
        let windows = try geometry.windows(
            input: Array(image.shape.dropFirst(2)), kernel: Array(filters.shape.dropFirst(2)))
        let space = windows.map(\.output)
        let taps = windows.reduce(1) { $0 * $1.kernel }
        guard moves.shape == Shape([image.shape[0], offsetGroups * taps * rank] + space) else {
            throw .shape("offsets \(moves.shape) for \(taps) taps over \(space)")
        }
        if let mask, mask.shape != Shape([image.shape[0], offsetGroups * taps] + space) {
            throw .shape("a mask \(mask.shape) for \(taps) taps over \(space)")
        }
        if let bias, bias.shape.dimensions != [filterCount] {
            throw .shape("a bias \(bias.shape) for \(filterCount) filters")
        }
        let source = try image.elements(of: Element.self)
        let weights = try filters.elements(of: Element.self)
        let offsets = try moves.elements(of: Element.self)
        let factors = try mask?.array(of: Element.self)
        let addends = try bias?.array(of: Element.self)
        let plane = Shape(space).elementCount
        let depth = filters.shape[1] * taps
        let product = MatrixProduct(outputs.context)
        var matrix = try outputs.context.scratch([channels, taps, plane], of: Element.self)
        try outputs.write(0, of: Element.self, Shape([image.shape[0], filterCount] + space)) {
            (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            for index in target.indices { target[index] = addends?[index / plane % filterCount] ?? 0 }
            let sampler = DeformedSampler(windows)
            for item in 0..<image.shape[0] {
                for row in 0..<channels * taps {
                    let (channel, tap) = (row / taps, row % taps)
                    let field = (item * offsetGroups + channel / (channels / offsetGroups)) * taps + tap
                    for place in 0..<plane {
                        let value = sampler.sample(
                            source, at: (item * channels + channel) * sampler.planeCount, tap: tap, place: place,
                            offsets, field * rank * plane + place, plane)
                        matrix[row * plane + place] = value * (factors?[field * plane + place] ?? 1)
                    }
                }
                for group in 0..<groups {
                    product.accumulate(
                        rows: filterCount / groups, columns: plane, depth: depth, weights,
                        MatrixPlace(at: group * filterCount / groups * depth, rowStride: depth), matrix.span,
                        MatrixPlace(at: group * depth * plane, rowStride: plane), into: &target,
                        MatrixPlace(at: (item * groups + group) * filterCount / groups * plane, rowStride: plane))
                }
            }
        }
    }
}

/// Reads between the elements of a plane.
private struct DeformedSampler {
    let windows: [WindowAxis]
    let strides: [Int]
    let planeCount: Int

    init(_ windows: [WindowAxis]) {
        self.windows = windows
        strides = Shape(windows.map(\.input)).strides
        planeCount = windows.reduce(1) { $0 &* $1.input }
    }

    func sample<Element: RealElement>(
        _ source: Span<Element>, at base: Int, tap: Int, place: Int, _ offsets: Span<Element>, _ first: Int,
        _ offsetStride: Int
    ) -> Element {
        var lows: [Int] = []
        var weights: [Element] = []
        var restTap = tap
        var restPlace = place
        for axis in windows.indices.reversed() {
            let window = windows[axis]
            let start = window.position(restPlace % window.output, tap: restTap % window.kernel)
            restPlace /= window.output
            restTap /= window.kernel
            let position = Element(start) + offsets[first &+ axis &* offsetStride]
            guard position > -1, position < Element(window.input) else { return 0 }
            lows.append(Int(position.rounded(.down)))
            weights.append(position - position.rounded(.down))
        }
        var sum: Element = 0
        for corner in 0..<1 << windows.count {
            var weight: Element = 1
            var position = base
            var isInside = true
            for (order, axis) in windows.indices.reversed().enumerated() {
                let high = corner >> order & 1
                let index = lows[order] &+ high
                weight *= high == 1 ? weights[order] : 1 - weights[order]
                isInside = isInside && index >= 0 && index < windows[axis].input
                position &+= index &* strides[axis]
            }
            if isInside { sum += weight * source[position] }
        }
        return sum
    }
}
