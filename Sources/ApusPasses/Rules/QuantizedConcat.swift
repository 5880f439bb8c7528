// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Quantize(Concat(Dequantize(a), Dequantize(b), …)) = QLinearConcat(a, b, …)`.
package struct QuantizedConcat: Rule {
    package let pattern = op("QuantizeLinear", op("Concat").node("concat")).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["concat"] else { return }
        let concat = index.graph.nodes[position]
        let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
        guard y.isPerTensor else { throw Refusal("a value has a scale per channel") }
        var inputs = [y.scaleName, try y.zeroPoint(&edit)]
        for name in concat.inputs {
            guard let producer = index.producer(of: name), producer.qualifiedName == "DequantizeLinear" else {
                throw Refusal("a part is not quantized")
            }
            let part = try QuantizedValue(dequantizedBy: producer, index)
            guard part.isPerTensor else { throw Refusal("a value has a scale per channel") }
            guard part.elementType == y.elementType else { throw Refusal("the parts and the output differ in type") }
            inputs += [part.name, part.scaleName, try part.zeroPoint(&edit)]
        }
        try edit.replaceRoot(
            "QLinearConcat", domain: "com.microsoft", opset: 1, inputs, attributes: concat.attributes)
    }
}
