// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Single elements of its input, picked along an axis by an index for each.
package struct GatherElements: Operator {
    package static let schema = Schema("GatherElements", since: 11, inputs: 2...2)

    private let axis: Int

    package init(_ node: NodeReader) throws(ComputeError) { axis = try node.integer("axis", default: 0) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        return [.tensor(elementType, inputs.dimensions(1))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let indices = try inputs.tensor(1)
        let positions = try elementPositions(indices, in: source.shape, axis: try source.shape.axis(axis))
        var canvas = try Canvas(source.elementType, indices.shape, in: outputs.context)
        try canvas.gather(source, starts: positions, run: 1)
        outputs.set(0, try canvas.finish())
    }
}
