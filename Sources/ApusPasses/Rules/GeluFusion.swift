// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `x * (1 + erf(x / √2)) / 2 = Gelu(x)`, in the orders that exporters write the product.
package struct GeluFusion: Rule {
    private static let bell = op(
        "Add", op("Erf", .either([op("Div", "x", .number(1.414_213_56)), op("Mul", "x", .number(0.707_106_78))])),
        .exactly(1))
    package let pattern = Self.halved(bell)

    package init() {}

    /// The product of x, a half and the bell.
    static func halved(_ bell: Pattern) -> Pattern {
        .either([
            op("Mul", op("Mul", "x", bell), .exactly(0.5)), op("Mul", "x", op("Mul", bell, .exactly(0.5))),
            op("Mul", op("Mul", "x", .exactly(0.5)), bell), op("Div", op("Mul", "x", bell), .exactly(2)),
        ])
    }

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        try edit.replaceRoot("Gelu", opset: try edit.opset(since: 20), [match.value("x")])
    }
}
