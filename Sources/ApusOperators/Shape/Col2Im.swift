// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds up columns of blocks into the image they were taken from.
package struct Col2Im: Operator {
    package static let schema = Schema("Col2Im", since: 18, inputs: 3...3)
    package static var widensHalf: Bool { true }

    private let strides: [Int]?
    private let pads: [Int]?
    private let dilations: [Int]?

    package init(_ node: NodeReader) throws(ComputeError) {
        strides = try node.optionalIntegers("strides")
        pads = try node.optionalIntegers("pads")
        dilations = try node.optionalIntegers("dilations")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let sizes = inputs.dimensions(0), sizes.count == 3 else { return [.tensor(elementType, nil)] }
        let rank = inputs.length(1) ?? inputs.length(2)
        guard let image = inputs.elements(1) ?? rank.map({ [Dimension](repeating: .unknown, count: $0) }) else {
            return [.tensor(elementType, nil)]
        }
        let depth = inputs.elements(2).map { sizes[1].floorDivided(by: product($0)) } ?? .unknown
        return [.tensor(elementType, [sizes[0], depth] + image)]
    }

    /// The number of blocks along one axis.
    private func stepCount(_ axis: Int, _ image: [Int], _ block: [Int]) throws(ComputeError) -> Int {
        let values = [strides?[axis] ?? 1, dilations?[axis] ?? 1, block[axis], image[axis] &+ 1]
        let padding = [pads?[axis] ?? 0, pads?[axis + image.count] ?? 0]
        let limit = 1 << 31
        guard values.allSatisfy({ $0 > 0 && $0 < limit }), padding.allSatisfy({ $0 >= 0 && $0 < limit }) else {
            throw .value("image \(image), block \(block), stride, dilation and pads along axis \(axis)")
        }
        let room = image[axis] + padding[0] + padding[1] - values[1] * (block[axis] - 1) - 1
        return room < 0 ? 0 : room / values[0] + 1
    }

    /// For each place in the block and each block, the index along an axis of the image, negative outside.
    private func places(_ axis: Int, _ image: Int, _ block: Int, _ count: Int) -> [[Int]] {
        (0..<block).map { place in
            (0..<count).map { step in
                let index = step * (strides?[axis] ?? 1) - (pads?[axis] ?? 0) + place * (dilations?[axis] ?? 1)
                return index < image ? index : -1
            }
        }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let image = try inputs.tensor(1).integers()
        let block = try inputs.tensor(2).integers()
        let rank = image.count
        guard source.shape.rank == 3, block.count == rank, rank > 0, strides.map({ $0.count == rank }) ?? true,
            dilations.map({ $0.count == rank }) ?? true, pads.map({ $0.count == 2 * rank }) ?? true
        else { throw .shape("\(source) into an image \(image) with blocks \(block)") }
        _ = try Shape(image).checkedElementCount()
        let blockCount = try Shape(block).checkedElementCount()
        guard blockCount > 0, source.shape[1] % blockCount == 0 else {
            throw .shape("\(source) does not hold columns of \(blockCount) elements")
        }
        let shape = Shape([source.shape[0], source.shape[1] / blockCount] + image)
        var counts: [Int] = []
        for axis in 0..<rank { counts.append(try stepCount(axis, image, block)) }
        let columns = try Shape(counts).checkedElementCount()
        guard columns == source.shape[2] else { throw .shape("\(source.shape[2]) columns, expected \(columns)") }
        if source.elementCount == 0 {
            outputs.set(0, try Canvas(source.elementType, shape, in: outputs.context, cleared: true).finish())
            return
        }
        let places = (0..<rank).map { self.places($0, image[$0], block[$0], counts[$0]) }
        switch source.elementType {
        case .float32: try sum(Float.self, source, shape, places, &outputs)
        case .float64: try sum(Double.self, source, shape, places, &outputs)
        case .int32: try sum(Int32.self, source, shape, places, &outputs)
        case .int64: try sum(Int64.self, source, shape, places, &outputs)
        case .int8: try sum(Int8.self, source, shape, places, &outputs)
        case .uint8: try sum(UInt8.self, source, shape, places, &outputs)
        default: throw .elementType("Col2Im of \(source.elementType.name)")
        }
    }

    private func sum<Element: Accumulable>(
        _ type: Element.Type, _ source: Tensor, _ shape: Shape, _ places: [[[Int]]], _ outputs: inout Outputs
    ) throws(ComputeError) {
        var canvas = try Canvas(source.elementType, shape, in: outputs.context, cleared: true)
        let from = try source.elements(of: Element.self)
        let blockSizes = places.map(\.count)
        let stepSizes = places.map { $0[0].count }
        let steps = shape.strides
        let pictures = shape[0] * shape[1]
        let pictureSize = shape.dimensions[2...].reduce(1, &*)
        let columns = stepSizes.reduce(1, &*)
        try canvas.update(of: Element.self) { to in
            var position = 0
            for picture in 0..<pictures {
                for place in 0..<blockSizes.reduce(1, &*) {
                    for column in 0..<columns {
                        var restPlace = place
                        var restColumn = column
                        var target = picture * pictureSize
                        var isInside = true
                        for axis in places.indices.reversed() {
                            let index = places[axis][restPlace % blockSizes[axis]][restColumn % stepSizes[axis]]
                            restPlace /= blockSizes[axis]
                            restColumn /= stepSizes[axis]
                            isInside = isInside && index >= 0
                            target += index * steps[axis + 2]
                        }
                        if isInside { to[target] = Element.sum(to[target], from[position]) }
                        position += 1
                    }
                }
            }
        }
        outputs.set(0, try canvas.finish())
    }
}
