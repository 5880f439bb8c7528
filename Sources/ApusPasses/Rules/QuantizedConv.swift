// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Quantize(Conv(Dequantize(x), Dequantize(w), b)) = QLinearConv(x, w, b)`.
package struct QuantizedConv: Rule {
    package let pattern = op(
        "QuantizeLinear",
        op("Conv", op("DequantizeLinear").shared.node("x"), op("DequantizeLinear").shared.node("w")).open.node("conv")
    ).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let inputPosition = match.nodes["x"], let weightPosition = match.nodes["w"],
            let convPosition = match.nodes["conv"]
        else { return }
        let conv = index.graph.nodes[convPosition]
        let x = try QuantizedValue(dequantizedBy: index.graph.nodes[inputPosition], index)
        let w = try QuantizedValue(dequantizedBy: index.graph.nodes[weightPosition], index)
        let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
        guard x.isPerTensor, y.isPerTensor else { throw Refusal("an activation has a scale per channel") }
        guard x.elementType == y.elementType else { throw Refusal("the input and the output differ in type") }
        guard let shape = index.constant(w.name)?.shape, shape.rank >= 3 else {
            throw Refusal("the weights are not constant")
        }
        guard w.isPerTensor || w.axis == 0 && w.scales.count == shape[0] else {
            throw Refusal("the weights' scales do not run along the output channels")
        }
        var inputs = [x.name, x.scaleName, try x.zeroPoint(&edit), w.name, w.scaleName]
        if w.zeroPointName == nil, !w.isPerTensor {
            let isSigned = w.elementType == .int8
            let count = shape[0]
            inputs.append(
                try edit.constant(w.name + "_zero") { () throws(ComputeError) in
                    try isSigned
                        ? Tensor([Int8](repeating: 0, count: count), shape: [count])
                        : Tensor([UInt8](repeating: 0, count: count), shape: [count])
                })
        } else {
            inputs.append(try w.zeroPoint(&edit))
        }
        inputs += [y.scaleName, try y.zeroPoint(&edit)]
        if conv.hasInput(2) {
            inputs.append(
                try edit.integerBias(conv.inputs[2], input: x.scales[0], weights: w.scales, count: shape[0], index))
        }
        try edit.replaceRoot("QLinearConv", opset: try edit.opset(since: 10), inputs, attributes: conv.attributes)
    }
}
