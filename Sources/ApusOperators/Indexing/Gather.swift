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
        var sizes = ShortList(source.shape[..<axis])
        let outer = sizes.reduce(1, &*)
        for size in indices.shape { sizes.append(size) }
        let rest = source.shape[(axis + 1)...]
        for size in rest { sizes.append(size) }
        let run = rest.reduce(1, &*)
        var canvas = try Canvas(source.elementType, Shape(sizes: sizes), in: outputs.context)
        let count = indices.elementCount
        if canvas.elementCount == 0 {
            _ = try normalizedIndices(indices, source.shape[axis])
        } else {
            let length = source.shape[axis]
            var list = try outputs.context.makeTensor(.int64, .vector(outer * count))
            var starts = try list.elements(of: Int64.self)
            try indices.forEachInteger { (position, index) throws(ComputeError) in
                starts[position] = Int64(try normalizedIndex(index, length) * run)
            }
            for row in 1..<Swift.max(1, outer) {
                for position in 0..<count {
                    starts[row * count + position] = starts[position] + Int64(row * length * run)
                }
            }
            try canvas.gather(source, starts: list.finish(), run: run)
        }
        outputs.set(0, try canvas.finish())
    }
}
