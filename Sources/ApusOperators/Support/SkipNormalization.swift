// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds a skip connection and a bias, then normalises rows: what two operators have in common.
package struct SkipNormalization: Sendable {
    package let epsilon: Float
    package let subtractsMean: Bool

    package init(_ node: NodeReader, subtractsMean: Bool) throws(ComputeError) {
        epsilon = try node.float("epsilon", default: 1e-12)
        self.subtractsMean = subtractsMean
    }

    package func infer(_ inputs: [InferredValue?]) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        let rows = dimensions.map { Array($0.dropLast()) + [1] }
        return [
            .tensor(elementType, dimensions), .tensor(.float32, rows), .tensor(.float32, rows),
            .tensor(elementType, dimensions),
        ]
    }

    package func evaluate(
        _ inputs: Inputs, beta: Tensor?, bias: Tensor?, into outputs: inout Outputs
    ) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let skip = try inputs.tensor(1)
        let shape = source.shape
        let repeated = skip.shape.dimensions.drop { $0 == 1 }
        guard shape.rank >= 1, skip.shape.rank <= shape.rank, skip.shape.dimensions.last == shape.dimensions.last,
            Array(repeated) == Array(shape.dimensions.suffix(repeated.count))
        else { throw .shape("the skip \(skip) does not fit the input \(source)") }
        let width = shape[shape.rank - 1]
        let normalization = try RowNormalization(
            width: width, epsilon: epsilon, subtractsMean: subtractsMean, gamma: try inputs.tensor(2), beta: beta)
        let offset = try bias?.array(of: Float.self) ?? []
        guard offset.isEmpty || offset.count == width else { throw .shape("a bias of \(offset.count) for \(shape)") }
        var values = try source.array(of: Float.self)
        let added = try skip.elements(of: Float.self)
        for index in values.indices {
            values[index] += added[index % added.count]
            if !offset.isEmpty { values[index] += offset[index % width] }
        }
        if outputs.isWanted(3) { outputs.set(3, try Tensor(values, shape: shape)) }
        let (means, inverses) = normalization.apply(&values)
        outputs.set(0, try Tensor(values, shape: shape))
        let rows = Shape(shape.dimensions.dropLast() + [1])
        if outputs.isWanted(1), means.count == rows.elementCount { outputs.set(1, try Tensor(means, shape: rows)) }
        if outputs.isWanted(2), means.count == rows.elementCount { outputs.set(2, try Tensor(inverses, shape: rows)) }
    }
}
