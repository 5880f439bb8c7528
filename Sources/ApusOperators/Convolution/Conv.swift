// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Slides groups of filters over an image of one or more spatial dimensions.
package struct Conv: RealOperator {
    package static let schema = Schema("Conv", inputs: 2...3)

    /// How the filters slide.
    package let geometry: ConvolutionGeometry
    /// The number of groups channels are split into.
    package let groups: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        groups = try node.integer("group", default: 1)
        guard groups > 0 else { throw .attribute("attribute 'group' is \(groups)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let image = inputs.dimensions(0) else { return [.tensor(maybe: inputs.elementType(0), nil)] }
        guard image.count >= 3 else { throw .shape("Conv needs batch, channel and space, the input has \(image)") }
        var filters = inputs.dimensions(1)
        if filters == nil, let kernel = geometry.kernel {
            filters = [.unknown, .unknown] + kernel.map { Dimension($0) }
        }
        guard let filters else {
            return [
                .tensor(
                    maybe: inputs.elementType(0),
                    [image[0]] + [Dimension](repeating: .unknown, count: image.count - 1))
            ]
        }
        guard filters.count == image.count else { throw .shape("filters \(filters) over an image \(image)") }
        if let channels = image[1].value, let each = filters[1].value,
            each.multipliedReportingOverflow(by: groups) != (channels, false)
        {
            throw .shape("\(groups) groups of \(each) channels are not the image's \(channels)")
        }
        let space = try geometry.outputs(input: Array(image.dropFirst(2)), kernel: Array(filters.dropFirst(2)))
        return [.tensor(maybe: inputs.elementType(0), [image[0], filters[0]] + space)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let image = try inputs.tensor(0)
        let filters = try inputs.tensor(1)
        let bias = try inputs.optionalTensor(2)
        guard image.shape.rank >= 3, filters.shape.rank == image.shape.rank else {
            throw .shape("filters \(filters.shape) over an image \(image.shape)")
        }
        let channels = filters.shape[1]
        let filterCount = filters.shape[0]
        guard channels.multipliedReportingOverflow(by: groups) == (image.shape[1], false), filterCount % groups == 0
        else {
            throw .shape("\(groups) groups of filters \(filters.shape) do not fit an image \(image.shape)")
        }
        if let bias, bias.shape.dimensions != [filterCount] {
            throw .shape("a bias \(bias.shape) for \(filterCount) filters")
        }
        let windows = try geometry.windows(
            input: Array(image.shape.dropFirst(2)), kernel: Array(filters.shape.dropFirst(2)))
        let shape = Shape([image.shape[0], filterCount] + windows.map(\.output))
        let source = try image.elements(of: Element.self)
        let weights = try filters.elements(of: Element.self)
        let addends = try bias?.array(of: Element.self)
        let product = MatrixProduct(outputs.context)
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            let plane = windows.reduce(1) { $0 * $1.output }
            guard target.count > 0 else { return }
            for row in 0..<shape[0] * filterCount {
                let value = addends?[row % filterCount] ?? 0
                for index in row * plane..<(row + 1) * plane { target[index] = value }
            }
            let job = Job(
                patches: PatchMatrix(windows), product: product, groups: groups, channels: channels,
                filters: filterCount / groups,
                plane: plane)
            for item in 0..<shape[0] { job.run(source, weights, item: item, into: &target) }
        }
    }

    /// One image's part of the work.
    private struct Job {
        var patches: PatchMatrix
        var product: MatrixProduct
        var groups: Int
        var channels: Int
        var filters: Int
        var plane: Int

        func run<Element: RealElement>(
            _ source: Span<Element>, _ weights: Span<Element>, item: Int, into target: inout MutableSpan<Element>
        ) {
            let depth = channels * patches.tapCount
            for group in 0..<groups {
                let from = (item * groups + group) * channels * patches.planeCount
                let to = (item * groups + group) * filters * plane
                let first = group * filters * depth
                if channels == 1 && filters <= 4 {
                    for filter in 0..<filters {
                        patches.accumulate(
                            source, at: from, weights: weights, weightsAt: first + filter * depth, into: &target,
                            at: to + filter * plane)
                    }
                } else if patches.isIdentity {
                    product.accumulate(
                        rows: filters, columns: plane, depth: depth, weights,
                        MatrixPlace(at: first, rowStride: depth), source, MatrixPlace(at: from, rowStride: plane),
                        into: &target, MatrixPlace(at: to, rowStride: plane))
                } else {
                    runGathered(source, from, weights, first, depth, into: &target, to)
                }
            }
        }

        /// Gathers about a megabyte of patches at a time.
        private func runGathered<Element: RealElement>(
            _ source: Span<Element>, _ from: Int, _ weights: Span<Element>, _ first: Int, _ depth: Int,
            into target: inout MutableSpan<Element>, _ to: Int
        ) {
            let blocks = patches.blocks(limit: max(64, (1 << 18) / max(1, depth)))
            var buffer = [Element](repeating: 0, count: depth * (blocks.map(\.count).max() ?? 0))
            for block in blocks {
                var gathered = buffer.mutableSpan
                patches.gather(source, at: from, channels: channels, block, padding: 0, into: &gathered)
                let place = to + block.rows.lowerBound * patches.rowLength + block.columns.lowerBound
                product.accumulate(
                    rows: filters, columns: block.count, depth: depth, weights,
                    MatrixPlace(at: first, rowStride: depth), buffer.span, MatrixPlace(rowStride: block.count),
                    into: &target, MatrixPlace(at: place, rowStride: plane))
            }
        }
    }
}
