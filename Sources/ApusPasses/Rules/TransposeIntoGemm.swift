// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Gemm(Transpose(a), b) = Gemm(a, b)` with `transA` turned over, and the same for `b`.
package struct TransposeIntoGemm: Rule {
    package let pattern: Pattern = .either([
        op("Gemm", op("Transpose", "a").shared.node("a")).open,
        op("Gemm", "x", op("Transpose", "b").shared.node("b")).open,
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        var node = index.graph.nodes[match.root]
        for (place, name, attribute) in [(0, "a", "transA"), (1, "b", "transB")] {
            guard let position = match.nodes[name] else { continue }
            guard index.permutation(index.graph.nodes[position]) == [1, 0] else {
                throw Refusal("nothing is transposed")
            }
            node.inputs[place] = match.value(name)
            node.setAttribute(attribute, .integer(node.integer(attribute, default: 0) == 0 ? 1 : 0))
        }
        try edit.replaceRoot(node)
    }
}
