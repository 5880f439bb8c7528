// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Transpose(f(Transpose(x), c)) = f(Transpose(x), Transpose(c))`, so that permutations meet or go into constants.
package struct TransposeThroughBinary: Rule {
    private static let operators: Set<String> = ["Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu"]
    private static let inner = op("Transpose", "x").node("inner")
    package let pattern: Pattern = .either([
        op(
            "Transpose",
            op(operators, inner, .either([.constant("c"), .named("c", op("Transpose"))])).node("function")),
        op("Transpose", op(operators, .constant("c"), inner).node("function")),
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let innerPosition = match.nodes["inner"], let position = match.nodes["function"] else { return }
        let composed = try index.composedPermutation(inner: innerPosition, outer: match.root)
        guard let outer = index.permutation(index.graph.nodes[match.root]),
            let rank = index.dimensions(of: match.value("c"))?.count
        else { throw Refusal("a rank is not known") }
        let function = index.graph.nodes[position]
        guard rank == 0 || rank == outer.count else { throw Refusal("the other operand has another rank") }
        let opset = index.graph.nodes[innerPosition].opset
        let first = try edit.add(
            "Transpose", opset: opset, [match.value("x")],
            attributes: ["perm": .integers(composed.map { Int64($0) })], hint: match.value("x") + "_transposed")
        var second = match.value("c")
        if rank > 0 {
            second = try edit.add(
                "Transpose", opset: opset, [second], attributes: ["perm": .integers(outer.map { Int64($0) })],
                hint: second + "_transposed")
        }
        var node = function
        let innerOutput = index.graph.nodes[innerPosition].outputs[0]
        node.inputs = function.inputs[0] == innerOutput ? [first, second] : [second, first]
        node.outputs = index.graph.nodes[match.root].outputs
        try edit.replaceRoot(node)
    }
}
