// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The largest element of every cell of a grid laid over regions of an image.
package struct MaxRoiPool: RealOperator {
    package static let schema = Schema("MaxRoiPool", inputs: 2...2)

    private let height: Int
    private let width: Int
    private let scale: Double

    package init(_ node: NodeReader) throws(ComputeError) {
        let sizes = try node.integers("pooled_shape")
        guard sizes.count == 2, sizes.allSatisfy({ $0 > 0 && $0 <= ConvolutionGeometry.largestSize }) else {
            throw .attribute("attribute 'pooled_shape' is \(sizes)")
        }
        height = sizes[0]
        width = sizes[1]
        scale = Double(try node.float("spatial_scale", default: 1))
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let channels = inputs.dimensions(0).flatMap { $0.count == 4 ? $0[1] : nil } ?? .unknown
        let regions = inputs.dimensions(1)?.first ?? .unknown
        return [.tensor(maybe: inputs.elementType(0), [regions, channels, Dimension(height), Dimension(width)])]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let image = try inputs.tensor(0)
        let rois = try inputs.tensor(1)
        guard image.shape.rank == 4, rois.shape.rank == 2, rois.shape[1] == 5 else {
            throw .shape("regions \(rois.shape) of an image \(image.shape)")
        }
        let source = try image.elements(of: Element.self)
        let corners = try rois.reals(as: Double.self)
        let (channels, rows, columns) = (image.shape[1], image.shape[2], image.shape[3])
        let shape = Shape([rois.shape[0], channels, height, width])
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            var position = 0
            for region in 0..<rois.shape[0] where target.count > 0 {
                let numbers = Array(corners[region * 5..<region * 5 + 5])
                guard let item = Int(exactly: numbers[0]), item >= 0, item < image.shape[0] else {
                    throw .value("region \(region) is in image \(numbers[0]) of \(image.shape[0])")
                }
                let bounds = numbers.dropFirst().map { ($0 * scale).rounded(.toNearestOrAwayFromZero) }
                guard bounds.allSatisfy({ abs($0) < 1e9 }) else { throw .value("region \(region) is \(numbers)") }
                let corner = bounds.map { Int($0) }
                let down = (0..<height).map { MaxRoiPool.cell($0, of: height, corner[1], corner[3], limit: rows) }
                let across = (0..<width).map { MaxRoiPool.cell($0, of: width, corner[0], corner[2], limit: columns) }
                for channel in 0..<channels {
                    let base = (item * channels + channel) * rows * columns
                    for cell in 0..<height * width {
                        var best: Element?
                        for row in down[cell / width] {
                            for column in across[cell % width] {
                                let value = source[base + row * columns + column]
                                if let old = best, value <= old { continue }
                                best = value
                            }
                        }
                        target[position] = best ?? 0
                        position += 1
                    }
                }
            }
        }
    }

    /// The elements a cell covers along one dimension.
    private static func cell(_ index: Int, of count: Int, _ first: Int, _ last: Int, limit: Int) -> Range<Int> {
        let size = Double(max(last - first + 1, 1)) / Double(count)
        let lower = Int((Double(index) * size).rounded(.down)) + first
        let upper = Int((Double(index + 1) * size).rounded(.up)) + first
        let start = min(max(lower, 0), limit)
        return start..<max(start, min(max(upper, 0), limit))
    }
}
