// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Transpose(f(Transpose(x))) = f(Transpose(x))` for an elementwise `f`, so that the permutations meet.
package struct TransposeThroughUnary: Rule {
    package static let operators: Set<String> = [
        "Relu", "Sigmoid", "Tanh", "Exp", "Log", "Neg", "Abs", "Sqrt", "Erf", "Cast", "LeakyRelu", "Elu", "Selu",
        "HardSigmoid", "HardSwish", "Softplus", "Softsign", "Clip", "Gelu", "Mish", "Reciprocal", "Floor", "Ceil",
        "Not", "Sign", "Round",
    ]
    package let pattern = op(
        "Transpose", op(operators, op("Transpose", "x").node("inner")).open.node("function"))

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["inner"], let function = match.nodes["function"] else { return }
        let axes = try index.composedPermutation(inner: position, outer: match.root)
        let moved = try edit.add(
            "Transpose", opset: index.graph.nodes[position].opset, [match.value("x")],
            attributes: ["perm": .integers(axes.map { Int64($0) })], hint: match.value("x") + "_transposed")
        var node = index.graph.nodes[function]
        node.inputs[0] = moved
        node.outputs = index.graph.nodes[match.root].outputs
        try edit.replaceRoot(node)
    }
}
