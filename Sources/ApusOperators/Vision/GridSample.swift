// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Reads an image at the places a grid names.
package struct GridSample: Operator {
    package static let schema = Schema("GridSample", since: 16, inputs: 2...2)
    package static let widensHalf = true

    private let sampling: GridSampling

    package init(_ node: NodeReader) throws(ComputeError) { sampling = try GridSampling(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let image = inputs.dimensions(0), let grid = inputs.dimensions(1) else {
            return [.tensor(maybe: inputs.elementType(0), nil)]
        }
        guard image.count >= 3, grid.count == image.count else { throw .shape("a grid \(grid) over an image \(image)") }
        return [.tensor(maybe: inputs.elementType(0), Array(image.prefix(2)) + grid.dropFirst().dropLast())]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try inputs.checkSizes()
        let type = try inputs.tensor(0).elementType
        switch type {
        case .float32: try compute(Float.self, as: type, inputs, &outputs)
        case _ where type.isFloat || type.isInteger || type == .bool:
            try compute(Double.self, as: type, inputs, &outputs)
        default: throw .elementType("GridSample does not take \(type.name)")
        }
    }

    private func compute<Element: RealElement>(
        _ type: Element.Type, as stored: ElementType, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let image = try inputs.tensor(0).cast(to: Element.elementType)
        let grid = try inputs.tensor(1)
        let rank = image.shape.rank - 2
        guard rank >= 1, rank <= 3, grid.shape.rank == rank + 2, grid.shape[0] == image.shape[0],
            grid.shape[rank + 1] == rank
        else { throw .shape("a grid \(grid.shape) over an image \(image.shape)") }
        let space = Array(image.shape.dropFirst(2))
        let places = try grid.reals(as: Element.self)
        let source = try image.elements(of: Element.self)
        let shape = Shape(image.shape.prefix(2) + grid.shape.dropFirst().dropLast())
        let channels = image.shape[1]
        let count = Shape(grid.shape.dropFirst().dropLast()).elementCount
        let plane = Shape(space).elementCount
        guard plane > 0 || shape.contains(0) else { throw .shape("a grid over an image \(image.shape)") }
        try outputs.write(0, of: Element.self, shape, as: stored) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            for index in 0..<image.shape[0] * count {
                let (item, place) = (index / count, index % count)
                let coordinates = (0..<rank).map { places[index * rank + rank - 1 - $0] }
                let taps = sampling.taps(coordinates, space)
                for channel in 0..<channels {
                    let row = item * channels + channel
                    var sum: Element = 0
                    for tap in taps { sum += tap.weight * source[row * plane + tap.offset] }
                    target[row * count + place] = sum
                }
            }
        }
    }
}
