// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `f(f(x)) = f(x)` for operators whose results they leave alone.
package struct RepeatedRemoval: Rule {
    private static let operators = ["Relu", "Abs", "Ceil", "Floor", "Round", "Sign"]
    package let pattern: Pattern = .either(operators.map { op($0, .named("x", op($0).shared)) })

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        try edit.redirectRoot(to: match.value("x"))
    }
}
