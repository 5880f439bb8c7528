// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Coordinates of a regular grid moved by an affine map for every item.
package struct AffineGrid: RealOperator {
    package static let schema = Schema("AffineGrid", since: 20, inputs: 2...2)

    private let alignsCorners: Bool

    package init(_ node: NodeReader) throws(ComputeError) { alignsCorners = try node.flag("align_corners") }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        var dimensions: [Dimension]?
        if let sizes = inputs.expressions(1) {
            guard sizes.count == 4 || sizes.count == 5 else { throw .shape("a grid of the sizes \(sizes)") }
            dimensions = [sizes[0]] + sizes.dropFirst(2) + [Dimension(sizes.count - 2)]
        } else if let theta = inputs.dimensions(0), theta.count == 3, let rank = theta[1].value, rank == 2 || rank == 3
        {
            dimensions = [theta[0]] + (0..<rank).map { _ in .unknown } + [theta[1]]
        }
        return [.tensor(maybe: inputs.elementType(0), dimensions)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let theta = try inputs.tensor(0)
        let sizes = try inputs.tensor(1).integers()
        let rank = sizes.count - 2
        guard rank == 2 || rank == 3, theta.shape == [sizes[0], rank, rank + 1] else {
            throw .shape("maps \(theta.shape) for a grid of the sizes \(sizes)")
        }
        let space = Shape(sizes.dropFirst(2))
        let maps = try theta.elements(of: Element.self)
        let shape = Shape([sizes[0]] + space + [rank])
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            let strides = space.strides
            let plane = space.elementCount
            for index in 0..<sizes[0] * plane {
                let (item, place) = (index / plane, index % plane)
                for row in 0..<rank {
                    let first = (item * rank + row) * (rank + 1)
                    var sum = Double(maps[first + rank])
                    for column in 0..<rank {
                        let axis = rank - 1 - column
                        let coordinate = coordinate(place / strides[axis] % space[axis], of: space[axis])
                        sum += Double(maps[first + column]) * coordinate
                    }
                    target[index * rank + row] = Element(sum)
                }
            }
        }
    }

    private func coordinate(_ index: Int, of size: Int) -> Double {
        if alignsCorners { return size == 1 ? -1 : 2 * Double(index) / Double(size - 1) - 1 }
        return (2 * Double(index) + 1) / Double(size) - 1
    }
}
