// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `x * (1 + tanh(√(2/π) * (x + 0.044715 * x^3))) / 2 = Gelu(x)` by its tanh approximation.
package struct TanhGeluFusion: Rule {
    private static let cube: Pattern = .either([
        op("Pow", "x", .exactly(3)), op("Mul", "x", op("Mul", "x", "x")),
    ])
    private static let square: Pattern = .either([op("Mul", "x", "x"), op("Pow", "x", .exactly(2))])
    private static let argument: Pattern = .either([
        op("Mul", op("Add", "x", op("Mul", cube, .number(0.044_715))), .number(0.797_884_56)),
        op(
            "Mul", op("Mul", "x", .number(0.797_884_56)),
            op("Add", op("Mul", square, .number(0.044_715)), .exactly(1))),
        op(
            "Mul", op("Mul", "x", op("Add", op("Mul", square, .number(0.044_715)), .exactly(1))),
            .number(0.797_884_56)),
        op(
            "Mul", op("Mul", "x", .number(0.797_884_56)),
            op("Add", op("Mul", "x", op("Mul", "x", .number(0.044_715))), .exactly(1))),
    ])
    package let pattern = GeluFusion.halved(op("Add", op("Tanh", argument), .exactly(1)))

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        try edit.replaceRoot(
            "Gelu", opset: try edit.opset(since: 20), [match.value("x")], attributes: ["approximate": .string("tanh")])
    }
}
