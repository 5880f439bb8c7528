// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A matrix of its input's shape with ones on a diagonal.
package struct EyeLike: Operator {
    package static let schema = Schema("EyeLike", since: 9, inputs: 1...1)

    private let elementType: ElementType?
    private let diagonal: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        elementType = try node.optionalElementType("dtype")
        diagonal = try node.integer("k", default: 0)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = elementType ?? inputs.elementType(0) else { return [.unknown] }
        let dimensions = inputs.dimensions(0) ?? [.unknown, .unknown]
        guard dimensions.count == 2 else { throw .shape("EyeLike needs a matrix, not rank \(dimensions.count)") }
        return [.tensor(elementType, dimensions)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.shape.rank == 2 else { throw .shape("EyeLike needs a matrix, not \(source)") }
        let rows = source.shape[0]
        let columns = source.shape[1]
        let one = try Tensor.scalar(elementType ?? source.elementType, 1)
        var canvas = try Canvas(one.elementType, source.shape, in: outputs.context, cleared: true)
        if diagonal > -rows, diagonal < columns {
            let row = max(0, -diagonal)
            let column = max(0, diagonal)
            try canvas.copy(
                one,
                Block(
                    sizes: [min(rows - row, columns - column)], sourceSteps: [0],
                    targetStart: row * columns + column, targetSteps: [columns + 1]))
        }
        outputs.set(0, try canvas.finish())
    }
}
