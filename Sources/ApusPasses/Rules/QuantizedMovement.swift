// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Quantize(f(Dequantize(x))) = f(x)` for an `f` that only moves or selects elements, under one scale.
package struct QuantizedMovement: Rule {
    package static let operators: Set<String> = [
        "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Gather", "Expand", "Tile", "DepthToSpace",
        "SpaceToDepth", "MaxPool", "Identity",
    ]
    package let pattern = op(
        "QuantizeLinear",
        op(operators, op("DequantizeLinear", "x").open.shared.node("dequantize")).open.node("function")
    ).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["function"], let input = match.nodes["dequantize"] else { return }
        let function = index.graph.nodes[position]
        let x = try QuantizedValue(dequantizedBy: index.graph.nodes[input], index)
        let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
        guard x.standsForTheSame(as: y) else { throw Refusal("the scale or the zero point changes") }
        guard function.outputs.dropFirst().allSatisfy({ $0.isEmpty || index.useCount($0) == 0 }) else {
            throw Refusal("another output is read")
        }
        let opset =
            function.operatorName == "MaxPool" ? try edit.opset(since: max(12, function.opset)) : function.opset
        try edit.replaceRoot(
            Node(
                function.operatorName, opset: opset, name: function.name,
                inputs: [x.name] + function.inputs.dropFirst(), outputs: index.graph.nodes[match.root].outputs,
                attributes: function.attributes))
    }
}
