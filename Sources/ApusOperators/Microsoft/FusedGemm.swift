// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A product of two matrices plus a third, and an activation function of the sum.
package struct FusedGemm: Operator {
    package static let schema = Schema("FusedGemm", domain: OperatorDomain.microsoft, inputs: 2...3)
    package static let widensHalf = true

    private let alpha: Float
    private let beta: Float
    private let transposes: [Bool]
    private let activation: FusedActivation

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1)
        beta = try node.float("beta", default: 1)
        transposes = [try node.flag("transA"), try node.flag("transB")]
        activation = try FusedActivation(node)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs[0]?.type.elementType else { return [] }
        guard let left = inputs[0]?.type.dimensions, let right = inputs[1]?.type.dimensions else {
            return [.tensor(elementType, nil)]
        }
        guard left.count == 2, right.count == 2 else { throw .shape("FusedGemm needs two matrices") }
        return [.tensor(elementType, [left[transposes[0] ? 1 : 0], right[transposes[1] ? 0 : 1]])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var left = try inputs.tensor(0)
        var right = try inputs.tensor(1)
        guard left.shape.rank == 2, right.shape.rank == 2 else { throw .shape("FusedGemm needs two matrices") }
        if transposes[0] { left = try left.permuted([1, 0]) }
        if transposes[1] { right = try right.permuted([1, 0]) }
        let shape = try ProductShape(left.shape, right.shape)
        var result = FloatProduct(outputs.context).multiply(
            try left.array(of: Float.self), try right.array(of: Float.self), rows: shape.rows, depth: shape.inner,
            columns: shape.columns)
        let addend = try inputs.optionalTensor(2)
        guard
            try addend.map({ (tensor) throws(ComputeError) in
                try tensor.shape.broadcast(with: shape.output) == shape.output
            }) ?? true
        else { throw .shape("the addend does not broadcast to \(shape.output)") }
        let added = try addend?.array(of: Float.self) ?? []
        let steps = addend?.shape.strides(broadcastTo: shape.output) ?? [0, 0]
        for index in result.indices {
            var value = alpha * result[index]
            if !added.isEmpty {
                value += beta * added[index / shape.columns * steps[0] + index % shape.columns * steps[1]]
            }
            result[index] = activation(value)
        }
        outputs.set(0, try Tensor(result, shape: shape.output))
    }
}
