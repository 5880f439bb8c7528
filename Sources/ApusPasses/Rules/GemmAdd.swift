// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Gemm(a, b) + c = Gemm(a, b, c)`.
package struct GemmAdd: Rule {
    package let pattern = op("Add", op("Gemm", "a", "b").node("gemm"), "c")

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["gemm"] else { return }
        let gemm = index.graph.nodes[position]
        guard let product = index.dimensions(of: gemm.outputs[0]), let c = index.dimensions(of: match.value("c")),
            c.count <= 2, product.count == 2
        else { throw Refusal("a rank is not known or too large") }
        guard zip(c.reversed(), product.reversed()).allSatisfy({ $0 == $1 && !$0.isUnknown || $0 == 1 }) else {
            throw Refusal("the summand may widen the shape")
        }
        guard gemm.opset >= 7 else { throw Refusal("operator set \(gemm.opset) is older than 7") }
        var attributes = gemm.attributes
        attributes["beta"] = nil
        try edit.replaceRoot(
            "Gemm", opset: gemm.opset, [match.value("a"), match.value("b"), match.value("c")], attributes: attributes)
    }
}
