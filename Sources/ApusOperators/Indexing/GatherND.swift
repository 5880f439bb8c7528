// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Slices of its input, each addressed by a tuple of indices.
package struct GatherND: Operator {
    package static let schema = Schema("GatherND", since: 11, inputs: 2...2)

    private let batchAxes: Int

    package init(_ node: NodeReader) throws(ComputeError) { batchAxes = try node.integer("batch_dims", default: 0) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let sizes = inputs.dimensions(0), let picked = inputs.dimensions(1), let length = picked.last?.value,
            length >= 0, batchAxes >= 0, batchAxes <= sizes.count, length <= sizes.count - batchAxes
        else { return [.tensor(elementType, nil)] }
        return [.tensor(elementType, Array(picked.dropLast()) + Array(sizes[(batchAxes + length)...]))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let indices = try inputs.tensor(1)
        let (starts, run) = try slicePositions(indices, in: source.shape, batchAxes: batchAxes)
        let length = indices.shape[indices.shape.rank - 1]
        let shape = Shape(indices.shape.dimensions.dropLast() + source.shape.dimensions[(batchAxes + length)...])
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        try canvas.gather(source, starts: starts, run: run)
        outputs.set(0, try canvas.finish())
    }
}
