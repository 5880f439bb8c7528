// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `x * tanh(softplus(x)) = Mish(x)`.
package struct MishFusion: Rule {
    package let pattern = op("Mul", "x", op("Tanh", op("Softplus", "x")))

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        try edit.replaceRoot("Mish", opset: try edit.opset(since: 18), [match.value("x")])
    }
}
