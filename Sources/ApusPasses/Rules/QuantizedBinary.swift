// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Quantize(Dequantize(a) + Dequantize(b)) = QLinearAdd(a, b)`, and the same for products.
package struct QuantizedBinary: Rule {
    package let pattern = op(
        "QuantizeLinear",
        op(["Add", "Mul"], op("DequantizeLinear").shared.node("a"), op("DequantizeLinear").shared.node("b"))
            .node("function")
    ).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["function"], let first = match.nodes["a"], let second = match.nodes["b"] else {
            return
        }
        let a = try QuantizedValue(dequantizedBy: index.graph.nodes[first], index)
        let b = try QuantizedValue(dequantizedBy: index.graph.nodes[second], index)
        let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
        guard a.isPerTensor, b.isPerTensor, y.isPerTensor else { throw Refusal("a value has a scale per channel") }
        guard a.elementType == b.elementType, a.elementType == y.elementType else {
            throw Refusal("the inputs and the output differ in type")
        }
        try edit.replaceRoot(
            "QLinear" + index.graph.nodes[position].operatorName, domain: "com.microsoft", opset: 1,
            [
                a.name, a.scaleName, try a.zeroPoint(&edit), b.name, b.scaleName, try b.zeroPoint(&edit), y.scaleName,
                try y.zeroPoint(&edit),
            ])
    }
}
