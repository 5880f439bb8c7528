// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `softmax(q kᵀ * scale + mask) v = Attention(q, k, v, mask)` for tensors of heads.
package struct AttentionFusion: Rule {
    private static let scores = op("MatMul", "q", "kt")
    private static let scaled: Pattern = .either([
        op("Mul", scores, .constant("factor")), op("Div", scores, .constant("divisor")), scores,
    ])
    private static let weights = op("Softmax", .either([op("Add", scaled, "mask"), scaled])).node("softmax")
    private static let guarded = op(
        "Where", op("IsNaN", .named("p", weights)), .exactly(0), "p")
    package let pattern: Pattern = .either([op("MatMul", guarded, "v"), op("MatMul", weights, "v")])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let q = index.dimensions(of: match.value("q")), let kt = index.dimensions(of: match.value("kt")),
            let v = index.dimensions(of: match.value("v")), q.count == 4, kt.count == 4, v.count == 4
        else { throw Refusal("the factors are not of rank 4") }
        guard q[0] == kt[0], q[0] == v[0], q[1] == kt[1], q[1] == v[1], kt[3] == v[2],
            ![q[0], q[1], v[2]].contains(where: \.isUnknown)
        else { throw Refusal("batches, heads or lengths may differ") }
        guard let position = match.nodes["softmax"] else { return }
        let softmax = index.graph.nodes[position]
        guard [-1, 3].contains(softmax.integer("axis", default: softmax.opset >= 13 ? -1 : 1)) else {
            throw Refusal("the softmax is not over the last axis")
        }
        var scale = 1.0
        if let name = match.values["factor"] {
            guard let number = index.scalarNumber(name) else { throw Refusal("the scale is not one number") }
            scale = number
        } else if let name = match.values["divisor"] {
            guard let number = index.scalarNumber(name) else { throw Refusal("the scale is not one number") }
            scale = 1 / number
        }
        guard scale > 0, scale.isFinite else { throw Refusal("the scale is not positive") }
        var inputs = [match.value("q"), "", match.value("v")]
        if let mask = match.values["mask"] {
            guard let sizes = index.dimensions(of: mask), (2...4).contains(sizes.count), sizes.last == kt[3],
                sizes[sizes.count - 2] == 1 || sizes[sizes.count - 2] == q[2], !q[2].isUnknown,
                zip(sizes.dropLast(2).reversed(), [q[1], q[0]]).allSatisfy({ $0 == $1 || $0 == 1 })
            else { throw Refusal("the mask may not fit the scores") }
            inputs.append(mask)
        }
        let opset = try edit.opset(since: match.values["p"] == nil ? 24 : 25)
        inputs[1] = try keys(match.value("kt"), index, &edit)
        try edit.replaceRoot("Attention", opset: opset, inputs, attributes: ["scale": .float(Float(scale))])
    }

    /// The keys with their last two axes back in place.
    private func keys(_ name: String, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) -> String {
        var source = name
        var axes = [0, 1, 3, 2]
        if let node = index.producer(of: name), node.operatorName == "Transpose", node.domain.isEmpty,
            let found = index.permutation(node), found.count == 4
        {
            source = node.inputs[0]
            axes = [found[0], found[1], found[3], found[2]]
        }
        if axes == [0, 1, 2, 3] { return source }
        return try edit.add(
            "Transpose", opset: try edit.opset(), [source], attributes: ["perm": .integers(axes.map { Int64($0) })],
            hint: name + "_keys")
    }
}

extension GraphIndex {
    /// The number in a constant of one element.
    func scalarNumber(_ name: String) -> Double? {
        guard let tensor = constant(name), tensor.elementCount == 1 else { return nil }
        return tensor.uniformNumber
    }
}
