// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Cast(w) * s = DequantizeLinear(w, s)` for constant 8-bit weights.
package struct WeightOnlyDequantization: Rule {
    package let pattern = op("Mul", op("Cast", .constant("w")), .constant("s"))

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let weights = index.constant(match.value("w")), let scale = index.constant(match.value("s")) else {
            return
        }
        guard weights.elementType == .int8 || weights.elementType == .uint8 else {
            throw Refusal("the weights are not of 8 bits")
        }
        guard scale.elementType == .float32, weights.shape.rank >= 1, scale.shape.rank <= weights.shape.rank else {
            throw Refusal("the scale is not f32 or widens the weights")
        }
        let opset = try edit.opset(since: 13)
        let lead = weights.shape.rank - scale.shape.rank
        let wide = scale.shape.indices.filter { scale.shape[$0] != 1 }
        guard wide.count <= 1, wide.allSatisfy({ scale.shape[$0] == weights.shape[$0 + lead] }) else {
            throw Refusal("the scale varies along several axes")
        }
        let shape: Shape = wide.isEmpty ? .scalar : [scale.elementCount]
        let flat = try edit.constant(match.value("s")) { () throws(ComputeError) in try scale.reshaped(to: shape) }
        var attributes: [String: Attribute] = [:]
        if let axis = wide.first { attributes["axis"] = .integer(Int64(axis + lead)) }
        try edit.replaceRoot("DequantizeLinear", opset: opset, [match.value("w"), flat], attributes: attributes)
    }
}
