// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `x + 0 = x`, `x - 0 = x`, `x * 1 = x`, `x / 1 = x`, `x ^ 1 = x`.
package struct NeutralArithmetic: Rule {
    package let pattern: Pattern = .either([
        op("Add", "x", .exactly(0)), op("Sub", "x", .exactly(0)), op("Mul", "x", .exactly(1)),
        op("Div", "x", .exactly(1)), op("Pow", "x", .exactly(1)),
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let output = index.graph.nodes[match.root].outputs[0]
        guard index.haveSameSizes(match.value("x"), output) else { throw Refusal("the constant may widen the shape") }
        guard let type = index.elementType(of: match.value("x")), type == index.elementType(of: output) else {
            throw Refusal("the element type may change")
        }
        try edit.redirectRoot(to: match.value("x"))
    }
}
