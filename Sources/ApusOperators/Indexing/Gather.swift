// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Slices of its input along an axis, picked by a tensor of indices.
package struct Gather: Operator {
    package static let schema = Schema("Gather", inputs: 2...2)

    private let axis: Int

    package init(_ node: NodeReader) throws(ComputeError) { axis = try node.integer("axis", default: 0) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let sizes = inputs.dimensions(0), let picked = inputs.dimensions(1) else {
            return [.tensor(elementType, nil)]
        }
        let axis = try normalizedAxis(axis, rank: sizes.count)
        if sizes.count == 1, picked.count <= 1, let elements = inputs.elements(0), let indices = inputs.integers(1) {
            var result: [Dimension] = []
            for index in indices { result.append(elements[try normalizedIndex(index, elements.count)]) }
            return [.integers(elementType, result, rank: picked.count)]
        }
        return [.tensor(elementType, Array(sizes[..<axis]) + picked + Array(sizes[(axis + 1)...]))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let indices = try inputs.tensor(1)
        let axis = try source.shape.axis(axis)
        let sizes = source.shape.dimensions
        let shape = Shape(sizes[..<axis] + indices.shape.dimensions + sizes[(axis + 1)...])
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        let places = try normalizedIndices(indices, sizes[axis])
        if canvas.elementCount > 0 {
            let run = sizes[(axis + 1)...].reduce(1, &*)
            let outer = sizes[..<axis].reduce(1, &*)
            var starts: [Int] = []
            starts.reserveCapacity(outer * places.count)
            for row in 0..<outer {
                for place in places { starts.append((row * sizes[axis] + place) * run) }
            }
            try canvas.gather(source, starts: starts, run: run)
        }
        outputs.set(0, try canvas.finish())
    }
}
