// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `x * sigmoid(x) = Swish(x)` and `x * sigmoid(alpha * x) = Swish(x, alpha)`.
package struct SwishFusion: Rule {
    package let pattern: Pattern = .either([
        op("Mul", "x", op("Sigmoid", "x")), op("Mul", "x", op("Sigmoid", op("Mul", "x", .constant("alpha")))),
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        var alpha = 1.0
        if let name = match.values["alpha"] {
            guard let number = index.uniformNumber(name), index.constant(name)?.shape.rank == 0 else {
                throw Refusal("alpha is not one number")
            }
            alpha = number
        }
        try edit.replaceRoot(
            "Swish", opset: try edit.opset(since: 24), [match.value("x")], attributes: ["alpha": .float(Float(alpha))])
    }
}
