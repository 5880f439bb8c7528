// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Split(x) = x` into one part.
package struct SplitRemoval: Rule {
    package let pattern = op("Split", "x").open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard index.graph.nodes[match.root].outputs.count == 1 else { throw Refusal("there are several parts") }
        try edit.redirectRoot(to: match.value("x"))
    }
}
