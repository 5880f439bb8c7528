// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Reshape(x) = x`, `Expand(x) = x` and the like where every size stays what it is.
package struct SameShapeRemoval: Rule {
    package let pattern = op(["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand", "Tile"], "x").open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let output = index.graph.nodes[match.root].outputs[0]
        guard index.haveSameSizes(match.value("x"), output) else { throw Refusal("a size may change") }
        try edit.redirectRoot(to: match.value("x"))
    }
}
