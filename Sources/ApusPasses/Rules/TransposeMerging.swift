// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Transpose(Transpose(x)) = Transpose(x)` by the product of the permutations.
package struct TransposeMerging: Rule {
    package let pattern = op("Transpose", op("Transpose", "x").shared.node("inner"))

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["inner"] else { return }
        let axes = try index.composedPermutation(inner: position, outer: match.root)
        try edit.replaceRoot(
            "Transpose", opset: index.graph.nodes[match.root].opset, [match.value("x")],
            attributes: ["perm": .integers(axes.map { Int64($0) })])
    }
}

extension GraphIndex {
    /// The permutation that two `Transpose` nodes make together.
    func composedPermutation(inner: Int, outer: Int) throws(Refusal) -> [Int] {
        guard let first = permutation(graph.nodes[inner]), let second = permutation(graph.nodes[outer]),
            first.count == second.count, second.allSatisfy({ first.indices.contains($0) })
        else { throw Refusal("a permutation is not known") }
        return second.map { first[$0] }
    }
}
