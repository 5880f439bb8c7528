// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Concat(x) = x`, `Max(x) = x`, `Sum(x) = x`: operators of any number of inputs applied to one.
package struct SingleInputRemoval: Rule {
    package let pattern = op(["Concat", "Max", "Min", "Sum", "Mean"], "x")

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        try edit.redirectRoot(to: match.value("x"))
    }
}
