// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Multiplies stacks of matrices, transposed first where asked, and scales the product.
package struct FusedMatMul: Operator {
    package static let schema = Schema("FusedMatMul", domain: OperatorDomain.microsoft, inputs: 2...2)
    package static let widensHalf = true

    private let alpha: Float
    private let transposes: [Bool]
    private let transposesStack: [Bool]

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1)
        transposes = [try node.flag("transA"), try node.flag("transB")]
        transposesStack = [try node.flag("transBatchA"), try node.flag("transBatchB")]
    }

    /// The axes in the order in which the product reads them.
    private func order(_ rank: Int, _ side: Int) -> [Int] {
        var axes = Array(0..<rank)
        guard rank >= 2 else { return axes }
        if transposesStack[side] && rank > 2 { axes = Array(1..<(rank - 1)) + [0, rank - 1] }
        if transposes[side] { axes.swapAt(rank - 1, rank - 2) }
        return axes
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs[0]?.type.elementType else { return [] }
        guard let left = inputs[0]?.type.dimensions, let right = inputs[1]?.type.dimensions else {
            return [.tensor(elementType, nil)]
        }
        return [
            .tensor(
                elementType,
                try ProductShape.infer(
                    order(left.count, 0).map { left[$0] }, order(right.count, 1).map { right[$0] }))
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let (left, leftShape) = try ordered(try inputs.tensor(0), 0)
        let (right, rightShape) = try ordered(try inputs.tensor(1), 1)
        let shape = try ProductShape(leftShape, rightShape)
        var result: [Float] = []
        result.reserveCapacity(shape.output.elementCount)
        for (first, second) in zip(shape.left, shape.right) {
            result.append(
                contentsOf: FloatProduct(outputs.context).multiply(
                    left, leftAt: first * shape.rows * shape.inner, right,
                    rightAt: second * shape.inner * shape.columns,
                    rows: shape.rows, depth: shape.inner, columns: shape.columns))
        }
        if alpha != 1 {
            for index in result.indices { result[index] *= alpha }
        }
        outputs.set(0, try Tensor(result, shape: shape.output))
    }

    private func ordered(_ tensor: Tensor, _ side: Int) throws(ComputeError) -> ([Float], Shape) {
        let order = order(tensor.shape.rank, side)
        let shape = Shape(order.map { tensor.shape[$0] })
        let values = try tensor.array(of: Float.self)
        guard order != Array(order.indices) else { return (values, shape) }
        return (values.permuted(tensor.shape, order), shape)
    }
}
