// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The former name of `ScatterElements`, without reductions.
package struct Scatter: Operator {
    package static let schema = Schema("Scatter", since: 9, inputs: 3...3)

    private let axis: Int

    package init(_ node: NodeReader) throws(ComputeError) { axis = try node.integer("axis", default: 0) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let indices = try inputs.tensor(1)
        let updates = try inputs.tensor(2)
        guard updates.shape == indices.shape else {
            throw .shape("indices \(indices.shape) and updates \(updates.shape) differ")
        }
        let positions = try elementPositions(indices, in: source.shape, axis: try source.shape.axis(axis))
        var canvas = try Canvas(source.elementType, source.shape, in: outputs.context)
        try canvas.copy(source, count: source.elementCount)
        try canvas.scatter(updates, to: positions, run: 1)
        outputs.set(0, try canvas.finish())
    }
}
