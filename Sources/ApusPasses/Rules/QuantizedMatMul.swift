// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Quantize(MatMul(Dequantize(a), Dequantize(b))) = QLinearMatMul(a, b)`.
package struct QuantizedMatMul: Rule {
    package let pattern = op(
        "QuantizeLinear",
        op("MatMul", op("DequantizeLinear").shared.node("a"), op("DequantizeLinear").shared.node("b"))
    ).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let first = match.nodes["a"], let second = match.nodes["b"] else { return }
        let a = try QuantizedValue(dequantizedBy: index.graph.nodes[first], index)
        let b = try QuantizedValue(dequantizedBy: index.graph.nodes[second], index)
        let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
        guard a.isPerTensor, b.isPerTensor, y.isPerTensor else { throw Refusal("a factor has a scale per channel") }
        try edit.replaceRoot(
            "QLinearMatMul", opset: try edit.opset(since: 10),
            [
                a.name, a.scaleName, try a.zeroPoint(&edit), b.name, b.scaleName, try b.zeroPoint(&edit), y.scaleName,
                try y.zeroPoint(&edit),
            ])
    }
}
