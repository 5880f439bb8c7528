// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Boxes cut out of pictures and brought to one size; their edges are given in parts of the picture's.
package struct CropAndResize: Operator {
    package static let schema = Schema("CropAndResize", domain: OperatorDomain.microsoft, inputs: 4...4)
    package static let widensHalf = true

    private enum Mode: String, CaseIterable {
        case bilinear
        case nearest
    }

    private let mode: Mode
    private let outside: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        mode = try node.choice("mode", default: Mode.bilinear)
        outside = try node.float("extrapolation_value", default: 0)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        var result: [Dimension] = [.unknown, .unknown, .unknown, .unknown]
        if let boxes = inputs.dimensions(1), boxes.count == 2 { result[0] = boxes[0] }
        if let source = inputs.dimensions(0), source.count == 4 { result[1] = source[1] }
        if let size = inputs.elements(3), size.count == 2 { result.replaceSubrange(2..., with: size) }
        return [.tensor(elementType, result)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let boxes = try inputs.tensor(1)
        let items = try inputs.tensor(2).integers()
        let size = try inputs.tensor(3).integers()
        guard source.shape.rank == 4, boxes.shape.rank == 2, boxes.shape[1] == 4, items.count == boxes.shape[0] else {
            throw .shape("boxes \(boxes) of pictures \(source), \(items.count) are numbered")
        }
        guard size.count == 2, size.allSatisfy({ $0 > 0 && $0 <= 1 << 31 }) else {
            throw .value("a crop size of \(size)")
        }
        guard items.allSatisfy({ $0 >= 0 && $0 < source.shape[0] }), source.shape[2] > 0, source.shape[3] > 0 else {
            throw .value("the boxes' pictures \(items) are not among \(source)")
        }
        let channels = source.shape[1]
        let (height, width) = (source.shape[2], source.shape[3])
        let edges = try boxes.array(of: Float.self)
        let pixels = try source.elements(of: Float.self)
        try outputs.write(0, of: Float.self, [items.count, channels, size[0], size[1]]) { target throws(ComputeError) in
            var place = 0
            for (box, item) in items.enumerated() {
                let edge = box * 4
                let rows = CropAndResize.positions(edges[edge], edges[edge + 2], of: height, count: size[0])
                let columns = CropAndResize.positions(edges[edge + 1], edges[edge + 3], of: width, count: size[1])
                for channel in 0..<channels {
                    let plane = (item * channels + channel) * height * width
                    for row in rows {
                        for column in columns {
                            target[place] = sample(pixels, plane, width, row, column)
                            place += 1
                        }
                    }
                }
            }
        }
    }

    /// Where samples lie along an edge of the picture; nil outside it.
    private static func positions(_ first: Float, _ last: Float, of size: Int, count: Int) -> [Float?] {
        let most = Float(size - 1)
        let step = count > 1 ? (last - first) * most / Float(count - 1) : 0
        return (0..<count).map { index in
            let position = count > 1 ? first * most + Float(index) * step : 0.5 * (first + last) * most
            return position >= 0 && position <= most ? position : nil
        }
    }

    private func sample(_ pixels: Span<Float>, _ plane: Int, _ width: Int, _ row: Float?, _ column: Float?) -> Float {
        guard let row, let column else { return outside }
        if mode == .nearest {
            return pixels[plane + Int(row.rounded()) * width + Int(column.rounded())]
        }
        let (top, left) = (row.rounded(.down), column.rounded(.down))
        let (upper, lower) = (plane + Int(top) * width, plane + Int(row.rounded(.up)) * width)
        let (near, far) = (Int(left), Int(column.rounded(.up)))
        let share = column - left
        let above = pixels[upper + near] + (pixels[upper + far] - pixels[upper + near]) * share
        let below = pixels[lower + near] + (pixels[lower + far] - pixels[lower + near]) * share
        return above + (below - above) * (row - top)
    }
}
