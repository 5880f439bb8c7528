// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `Quantize(Dequantize(x)) = x` under one scale and zero point.
package struct RequantizationRemoval: Rule {
    package let pattern = op("QuantizeLinear", op("DequantizeLinear").shared.node("dequantize")).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["dequantize"] else { return }
        let x = try QuantizedValue(dequantizedBy: index.graph.nodes[position], index)
        let y = try QuantizedValue(quantizedBy: index.graph.nodes[match.root], index)
        guard x.standsForTheSame(as: y) else { throw Refusal("the scale or the zero point changes") }
        try edit.redirectRoot(to: x.name)
    }
}
