// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Quantize(Clip(x)) = Quantize(x)` where the integers end before the bounds do, and the same for `Relu`.
package struct ClampIntoQuantization: Rule {
    package let pattern = op("QuantizeLinear", op(["Relu", "Clip"], "x").open.node("clamp")).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["clamp"] else { return }
        let clamp = index.graph.nodes[position]
        let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
        guard y.isPerTensor else { throw Refusal("a value has a scale per channel") }
        var bounds = (least: 0.0, most: Double.infinity)
        if clamp.operatorName == "Clip" {
            guard let found = index.clipBounds(position) else { throw Refusal("a bound is not constant") }
            bounds = found
        }
        let slack = y.scales[0] / 2
        guard bounds.least <= y.range.least + slack, bounds.most >= y.range.most - slack else {
            throw Refusal("the bounds cut off integers")
        }
        var node = index.graph.nodes[match.root]
        node.inputs[0] = match.value("x")
        try edit.replaceRoot(node)
    }
}
