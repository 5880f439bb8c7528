// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Identity(x) = x`.
package struct IdentityRemoval: Rule {
    package let pattern = op("Identity", "x")

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        try edit.redirectRoot(to: match.value("x"))
    }
}
