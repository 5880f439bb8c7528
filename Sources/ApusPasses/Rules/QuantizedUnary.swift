// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Quantize(f(Dequantize(x))) = QLinearF(x)` for pooling, sigmoid, leaky relu and softmax.
package struct QuantizedUnary: Rule {
    package let pattern = op(
        "QuantizeLinear",
        op(
            ["GlobalAveragePool", "AveragePool", "Sigmoid", "LeakyRelu", "Softmax"],
            op("DequantizeLinear").shared.node("x")
        ).node("function")
    ).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["function"], let input = match.nodes["x"] else { return }
        let function = index.graph.nodes[position]
        let x = try QuantizedValue(dequantizedBy: index.graph.nodes[input], index)
        let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
        guard x.isPerTensor, y.isPerTensor else { throw Refusal("a value has a scale per channel") }
        guard x.elementType == y.elementType else { throw Refusal("the input and the output differ in type") }
        var attributes = function.attributes
        if function.operatorName == "Softmax" { attributes["opset"] = .integer(Int64(function.opset)) }
        try edit.replaceRoot(
            "QLinear" + function.operatorName, domain: "com.microsoft", opset: 1,
            [x.name, x.scaleName, try x.zeroPoint(&edit), y.scaleName, try y.zeroPoint(&edit)], attributes: attributes)
    }
}
