// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Cast(x) = x` where the element type does not change.
package struct CastRemoval: Rule {
    package let pattern = op(["Cast", "CastLike"], "x").open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let node = index.graph.nodes[match.root]
        guard let from = index.elementType(of: match.value("x")), let to = index.elementType(of: node.outputs[0]) else {
            throw Refusal("an element type is not known")
        }
        guard from == to else { throw Refusal("the element type changes") }
        try edit.redirectRoot(to: match.value("x"))
    }
}
