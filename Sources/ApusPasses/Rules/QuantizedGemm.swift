// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Quantize(Gemm(Dequantize(a), Dequantize(b), c)) = QGemm(a, b, c)`, and the same without quantizing the result.
package struct QuantizedGemm: Rule {
    private static let gemm = op(
        "Gemm", op("DequantizeLinear").shared.node("a"), op("DequantizeLinear").shared.node("b")
    ).open.node("gemm")
    package let pattern: Pattern = .either([op("QuantizeLinear", gemm).open.node("quantize"), gemm])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let first = match.nodes["a"], let second = match.nodes["b"], let position = match.nodes["gemm"] else {
            return
        }
        let gemm = index.graph.nodes[position]
        let a = try QuantizedValue(dequantizedBy: index.graph.nodes[first], index)
        let b = try QuantizedValue(dequantizedBy: index.graph.nodes[second], index)
        guard gemm.float("alpha", default: 1) == 1, gemm.float("beta", default: 1) == 1 else {
            throw Refusal("alpha or beta is not 1")
        }
        guard a.isPerTensor else { throw Refusal("an activation has a scale per channel") }
        guard let shape = index.constant(b.name)?.shape, shape.rank == 2 else {
            throw Refusal("the weights are not constant")
        }
        let columnAxis = gemm.integer("transB", default: 0) != 0 ? 0 : 1
        let count = shape[columnAxis]
        guard b.isPerTensor || (b.axis == columnAxis || b.axis == columnAxis - 2) && b.scales.count == count else {
            throw Refusal("the weights' scales do not run along the columns")
        }
        guard b.isPerTensor || b.zeroPoints.count == count || b.zeroPoints.isEmpty else { return }
        var inputs = [a.name, a.scaleName, try a.zeroPoint(&edit), b.name, b.scaleName]
        if b.zeroPoints.isEmpty, !b.isPerTensor {
            let isSigned = b.elementType == .int8
            inputs.append(
                try edit.constant(b.name + "_zero") { () throws(ComputeError) in
                    try isSigned
                        ? Tensor([Int8](repeating: 0, count: count), shape: [count])
                        : Tensor([UInt8](repeating: 0, count: count), shape: [count])
                })
        } else {
            inputs.append(try b.zeroPoint(&edit))
        }
        inputs.append(
            gemm.hasInput(2)
                ? try edit.integerBias(gemm.inputs[2], input: a.scales[0], weights: b.scales, count: count, index) : "")
        if match.nodes["quantize"] != nil {
            let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
            guard y.isPerTensor else { throw Refusal("an activation has a scale per channel") }
            inputs += [y.scaleName, try y.zeroPoint(&edit)]
        }
        while inputs.last?.isEmpty == true { inputs.removeLast() }
        let kept = gemm.attributes.filter { ["transA", "transB"].contains($0.key) }
        try edit.replaceRoot("QGemm", domain: "com.microsoft", opset: 1, inputs, attributes: kept)
    }
}
