// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Pools bilinear samples of regions of an image on a grid.
package struct RoiAlign: RealOperator {
    package static let schema = Schema("RoiAlign", since: 10, inputs: 3...3)

    private enum Mode: String, CaseIterable {
        case average = "avg"
        case maximum = "max"
    }
    private enum Coordinates: String, CaseIterable {
        case halfPixel = "half_pixel"
        case outputHalfPixel = "output_half_pixel"
    }

    private let takesMaximum: Bool
    private let shiftsHalf: Bool
    private let height: Int
    private let width: Int
    private let samples: Int
    private let scale: Double

    package init(_ node: NodeReader) throws(ComputeError) {
        takesMaximum = try node.choice("mode", default: Mode.average) == .maximum
        let usual = node.opset >= 16 ? Coordinates.halfPixel : .outputHalfPixel
        shiftsHalf = try node.choice("coordinate_transformation_mode", default: usual) == .halfPixel
        height = try node.integer("output_height", default: 1)
        width = try node.integer("output_width", default: 1)
        samples = try node.integer("sampling_ratio", default: 0)
        scale = Double(try node.float("spatial_scale", default: 1))
        let limit = ConvolutionGeometry.largestSize
        guard height > 0, height <= limit, width > 0, width <= limit, samples >= 0, samples <= 4096 else {
            throw .attribute("RoiAlign to \(height) by \(width) with \(samples) samples")
        }
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
        let items = try inputs.tensor(2).integers()
        guard image.shape.rank == 4, rois.shape.rank == 2, rois.shape[1] == 4, items.count == rois.shape[0] else {
            throw .shape("regions \(rois.shape) in \(items.count) of an image \(image.shape)")
        }
        let source = try image.elements(of: Element.self)
        let corners = try rois.reals(as: Double.self)
        let plane = image.shape[2] * image.shape[3]
        let shape = Shape([items.count, image.shape[1], height, width])
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            var position = 0
            for region in items.indices where target.count > 0 {
                guard items[region] >= 0, items[region] < image.shape[0] else {
                    throw .value("region \(region) is in image \(items[region]) of \(image.shape[0])")
                }
                let corner = corners[region * 4..<region * 4 + 4].map { $0 * scale - (shiftsHalf ? 0.5 : 0) }
                let down = try samples(corner[1], corner[3], cells: height, limit: image.shape[2])
                let across = try samples(corner[0], corner[2], cells: width, limit: image.shape[3])
                for channel in 0..<image.shape[1] {
                    let base = (items[region] * image.shape[1] + channel) * plane
                    for row in down {
                        for column in across {
                            target[position] = reduce(source, base, image.shape[3], row, column)
                            position += 1
                        }
                    }
                }
            }
        }
    }

    /// Two neighbours along one dimension and their weights; nothing outside the image.
    private struct Sample {
        var low: Int
        var high: Int
        var weight: Double
    }

    private func samples(
        _ start: Double, _ end: Double, cells: Int, limit: Int
    ) throws(ComputeError) -> [[Sample?]] {
        guard abs(start) < 1e9, abs(end) < 1e9 else { throw .value("a region reaches from \(start) to \(end)") }
        let size = shiftsHalf ? end - start : max(end - start, 1)
        let cell = size / Double(cells)
        let count = samples > 0 ? samples : max(0, Int(cell.rounded(.up)))
        guard count <= 1 << 16 else { throw .limit("a region of \(size) takes \(count) samples a cell") }
        return (0..<cells).map { index in
            (0..<count).map { sample in
                let place = start + Double(index) * cell + (Double(sample) + 0.5) * cell / Double(count)
                guard place >= -1, place <= Double(limit), limit > 0 else { return nil }
                let inside = max(place, 0)
                let low = Int(inside)
                if low >= limit - 1 { return Sample(low: limit - 1, high: limit - 1, weight: 0) }
                return Sample(low: low, high: low + 1, weight: inside - Double(low))
            }
        }
    }

    private func reduce<Element: RealElement>(
        _ source: Span<Element>, _ base: Int, _ stride: Int, _ rows: [Sample?], _ columns: [Sample?]
    ) -> Element {
        var sum: Element = 0
        var best: Element?
        for row in rows {
            for column in columns {
                var parts: (Element, Element, Element, Element) = (0, 0, 0, 0)
                if let row, let column {
                    let down = Element(row.weight)
                    let across = Element(column.weight)
                    parts.0 = (1 - down) * (1 - across) * source[base + row.low * stride + column.low]
                    parts.1 = (1 - down) * across * source[base + row.low * stride + column.high]
                    parts.2 = down * (1 - across) * source[base + row.high * stride + column.low]
                    parts.3 = down * across * source[base + row.high * stride + column.high]
                }
                sum += parts.0 + parts.1 + parts.2 + parts.3
                let largest = max(max(parts.0, parts.1), max(parts.2, parts.3))
                best = best.map { max($0, largest) } ?? largest
            }
        }
        if takesMaximum { return best ?? 0 }
        return sum / Element(max(1, rows.count * columns.count))
    }
}
