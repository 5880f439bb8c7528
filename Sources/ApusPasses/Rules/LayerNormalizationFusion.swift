// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `(x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) * gamma + beta = LayerNormalization(x, gamma, beta)`.
package struct LayerNormalizationFusion: Rule {
    private static let centred: Pattern = .named("d", op("Sub", "x", op("ReduceMean", "x").open.node("mean")))
    private static let deviation = op(
        "Sqrt",
        op(
            "Add",
            op("ReduceMean", .either([op("Pow", "d", .exactly(2)), op("Mul", "d", "d")])).open.node("variance"),
            .constant("epsilon")))
    private static let normalized: Pattern = .either([
        op("Div", centred, deviation), op("Mul", centred, op("Reciprocal", deviation)),
        op("Mul", centred, op("Div", .exactly(1), deviation)),
    ])
    package let pattern: Pattern = .either([
        op("Add", op("Mul", normalized, "gamma"), "beta"), op("Mul", normalized, "gamma"), normalized,
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let mean = match.nodes["mean"], let variance = match.nodes["variance"],
            let sizes = index.dimensions(of: match.value("x")), !sizes.isEmpty
        else { throw Refusal("the rank is not known") }
        for position in [mean, variance] {
            guard try index.reducesLastAxis(position, rank: sizes.count) else {
                throw Refusal("the means are not over the last axis")
            }
        }
        guard let type = index.elementType(of: match.value("x")), type == .float32 || type == .float16 else {
            throw Refusal("the element type is not f32 or f16")
        }
        guard let epsilon = index.uniformNumber(match.value("epsilon")), let last = sizes.last else {
            throw Refusal("epsilon is not one number")
        }
        for name in ["gamma", "beta"].compactMap({ match.values[$0] }) {
            guard let own = index.dimensions(of: name), own.count == 1, own[0] == last, !last.isUnknown else {
                throw Refusal("gamma or beta does not run along the last axis")
            }
        }
        let opset = try edit.opset(since: 17)
        var inputs = [match.value("x")]
        if let gamma = match.values["gamma"] {
            inputs.append(gamma)
        } else {
            guard let count = last.value else { throw Refusal("the last size is not known") }
            inputs.append(
                try edit.constant("ones") { () throws(ComputeError) in
                    try Tensor(numbers: [Double](repeating: 1, count: count), type, shape: [count])
                })
        }
        if let beta = match.values["beta"] { inputs.append(beta) }
        try edit.replaceRoot(
            "LayerNormalization", opset: opset, inputs,
            attributes: ["axis": .integer(-1), "epsilon": .float(Float(epsilon))])
    }
}

extension GraphIndex {
    /// Whether a reduction is over the last axis and keeps it.
    func reducesLastAxis(_ position: Int, rank: Int) throws(Refusal) -> Bool {
        let node = graph.nodes[position]
        guard node.integer("keepdims", default: 1) == 1 else { return false }
        var axes: [Int]?
        if node.hasInput(1) {
            axes = try? constant(node.inputs[1])?.integers()
        } else if case .integers(let found)? = node.attributes["axes"] {
            axes = found.map { Int($0) }
        }
        return axes == [-1] || axes == [rank - 1]
    }
}
