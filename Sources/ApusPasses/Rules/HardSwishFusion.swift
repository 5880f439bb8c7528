// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `x * clip(x + 3, 0, 6) / 6 = HardSwish(x)`, with `HardSigmoid` or without.
package struct HardSwishFusion: Rule {
    package static let ramp = op("Clip", op("Add", "x", .exactly(3))).open.node("clip")
    package let pattern: Pattern = .either([
        op("Mul", "x", op("HardSigmoid", "x").node("sigmoid")),
        op("Mul", "x", op("Div", ramp, .exactly(6))), op("Div", op("Mul", "x", ramp), .exactly(6)),
        op("Mul", op("Mul", "x", ramp), .number(1.0 / 6)), op("Mul", "x", op("Mul", ramp, .number(1.0 / 6))),
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        if let position = match.nodes["sigmoid"] {
            let node = index.graph.nodes[position]
            let slope = node.float("alpha", default: 0.2)
            guard abs(slope - 1 / 6) < 1e-4, node.float("beta", default: 0.5) == 0.5 else {
                throw Refusal("the slope is not a sixth")
            }
        }
        if let position = match.nodes["clip"] {
            guard index.clipBounds(position).map({ $0 == (0, 6) }) == true else {
                throw Refusal("the bounds are not 0 and 6")
            }
        }
        try edit.replaceRoot("HardSwish", opset: try edit.opset(since: 14), [match.value("x")])
    }
}

extension GraphIndex {
    /// The constant bounds of a `Clip` node, infinite where absent; nil where they are computed.
    package func clipBounds(_ position: Int) -> (least: Double, most: Double)? {
        let node = graph.nodes[position]
        if node.opset < 11 {
            return (Double(node.float("min", default: -.infinity)), Double(node.float("max", default: .infinity)))
        }
        var bounds = [-Double.infinity, Double.infinity]
        for place in 0..<2 where node.hasInput(place + 1) {
            guard let number = uniformNumber(node.inputs[place + 1]) else { return nil }
            bounds[place] = number
        }
        return (bounds[0], bounds[1])
    }
}
