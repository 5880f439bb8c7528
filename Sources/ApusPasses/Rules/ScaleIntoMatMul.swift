// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Mul(MatMul(x, w), c) = MatMul(x, w * c)` for constant weights and one constant number.
package struct ScaleIntoMatMul: Rule {
    package let pattern: Pattern = .either([
        op("Mul", op("MatMul", "x", .constant("w")), .constant("c")),
        op("Div", op("MatMul", "x", .constant("w")), .constant("c")),
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let root = index.graph.nodes[match.root]
        guard let weights = index.constant(match.value("w")), let numbers = weights.numbers else {
            throw Refusal("the weights are of no plain floating-point type")
        }
        guard let constant = index.constant(match.value("c")), constant.shape.rank == 0,
            let number = constant.uniformNumber, number != 0, number.isFinite
        else { throw Refusal("the factor is not one number") }
        let factor = root.operatorName == "Mul" ? number : 1 / number
        let scaled = try edit.constant(match.value("w")) { () throws(ComputeError) in
            try Tensor(numbers: numbers.map { $0 * factor }, weights.elementType, shape: weights.shape)
        }
        try edit.replaceRoot("MatMul", opset: root.opset, [match.value("x"), scaled])
    }
}
