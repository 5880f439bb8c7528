// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Clip(x) = x` without bounds.
package struct ClipRemoval: Rule {
    package let pattern = op("Clip", "x")

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard index.graph.nodes[match.root].attributes.isEmpty else { throw Refusal("there are bounds") }
        try edit.redirectRoot(to: match.value("x"))
    }
}
