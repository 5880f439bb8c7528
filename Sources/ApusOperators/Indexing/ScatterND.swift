// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Its first input with slices, each addressed by a tuple of indices, replaced by or combined with updates.
package struct ScatterND: Operator {
    package static let schema = Schema("ScatterND", since: 11, inputs: 3...3)

    private let reduction: ScatterReduction

    package init(_ node: NodeReader) throws(ComputeError) {
        reduction = try node.choice("reduction", default: ScatterReduction.none)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let indices = try inputs.tensor(1)
        let updates = try inputs.tensor(2)
        let (starts, run) = try slicePositions(indices, in: source.shape, batchAxes: 0)
        let length = indices.shape[indices.shape.rank - 1]
        let expected = Shape(indices.shape.dimensions.dropLast() + source.shape.dimensions[length...])
        guard updates.shape == expected else { throw .shape("updates are \(updates.shape), expected \(expected)") }
        var canvas = try Canvas(source.elementType, source.shape, in: outputs.context)
        try canvas.copy(source, count: source.elementCount)
        try canvas.scatter(updates, to: starts, run: run, reduction)
        outputs.set(0, try canvas.finish())
    }
}
