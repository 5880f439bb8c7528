// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Spreads every element of an image over a filter's window: the gradient of a convolution.
package struct ConvTranspose: RealOperator {
    package static let schema = Schema("ConvTranspose", inputs: 2...3)

    private let geometry: ConvolutionGeometry
    private let groups: Int
    private let outputPadding: [Int]
    private let outputShape: [Int]?

    package init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        groups = try node.integer("group", default: 1)
        guard groups > 0 else { throw .attribute("attribute 'group' is \(groups)") }
        outputPadding = try node.integers("output_padding")
        outputShape = try node.optionalIntegers("output_shape")
        for size in outputPadding + (outputShape ?? []) where size < 0 || size > ConvolutionGeometry.largestSize {
            throw .attribute("'output_padding' or 'output_shape' holds \(size)")
        }
    }

    private func spatialShape(_ rank: Int) -> [Int]? {
        guard let outputShape else { return nil }
        return outputShape.count == rank + 2 ? Array(outputShape.dropFirst(2)) : outputShape
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let image = inputs.dimensions(0) else { return [.tensor(maybe: inputs.elementType(0), nil)] }
        guard image.count >= 3 else { throw .shape("ConvTranspose over \(image)") }
        let rank = image.count - 2
        let filters = inputs.dimensions(1) ?? [Dimension](repeating: .unknown, count: rank + 2)
        guard filters.count == image.count else { throw .shape("filters \(filters) over an image \(image)") }
        let kernel = geometry.kernel?.map { Dimension($0) } ?? Array(filters.dropFirst(2))
        let space = try geometry.transposedOutputs(
            input: Array(image.dropFirst(2)), kernel: kernel, outputPadding: outputPadding,
            outputShape: spatialShape(rank))
        return [.tensor(maybe: inputs.elementType(0), [image[0], filters[1] * Dimension(groups)] + space)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let image = try inputs.tensor(0)
        let filters = try inputs.tensor(1)
        let bias = try inputs.optionalTensor(2)
        guard image.shape.rank >= 3, filters.shape.rank == image.shape.rank, filters.shape[0] == image.shape[1],
            image.shape[1] % groups == 0
        else { throw .shape("\(groups) groups of filters \(filters.shape) do not fit an image \(image.shape)") }
        let channels = image.shape[1] / groups
        let (filterCount, overflow) = filters.shape[1].multipliedReportingOverflow(by: groups)
        guard !overflow else { throw .limit("\(groups) groups of filters \(filters.shape)") }
        if let bias, bias.shape.dimensions != [filterCount] {
            throw .shape("a bias \(bias.shape) for \(filterCount) filters")
        }
        let windows = try geometry.transposedWindows(
            input: Array(image.shape.dropFirst(2)), kernel: Array(filters.shape.dropFirst(2)),
            outputPadding: outputPadding, outputShape: spatialShape(image.shape.rank - 2))
        let shape = Shape([image.shape[0], filterCount] + windows.map(\.input))
        let source = try image.elements(of: Element.self)
        let weights = try filters.elements(of: Element.self)
        let addends = try bias?.array(of: Element.self)
        let patches = PatchMatrix(windows)
        let perGroup = filters.shape[1]
        let inputPlane = windows.reduce(1) { $0 * $1.output }
        let product = MatrixProduct(outputs.context)
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            for row in 0..<shape[0] * filterCount {
                let value = addends?[row % filterCount] ?? 0
                for index in row * patches.planeCount..<(row + 1) * patches.planeCount { target[index] = value }
            }
            let height = perGroup * patches.tapCount
            let blocks = patches.blocks(limit: max(64, (1 << 18) / max(1, height)))
            for part in 0..<shape[0] * groups {
                let first = part % groups * channels * height
                for block in blocks {
                    let columns = block.count
                    let place = block.rows.lowerBound * patches.rowLength + block.columns.lowerBound
                    var buffer = [Element](repeating: 0, count: height * columns)
                    var spread = buffer.mutableSpan
                    product.accumulate(
                        rows: height, columns: columns, depth: channels, weights,
                        MatrixPlace(at: first, rowStride: height).transposed, source,
                        MatrixPlace(at: part * channels * inputPlane + place, rowStride: inputPlane), into: &spread,
                        MatrixPlace(rowStride: columns))
                    patches.scatter(
                        buffer.span, channels: perGroup, block, into: &target,
                        at: part * perGroup * patches.planeCount)
                }
            }
        }
    }
}
