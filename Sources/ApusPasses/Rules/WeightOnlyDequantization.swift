// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `(Cast(w) - z) * s = DequantizeLinear(w, s, z)` for constant weights of 4 or 8 bits.
package struct WeightOnlyDequantization: Rule {
    package let pattern: Pattern = .either([
        op("Mul", op("Cast", .constant("w")), .constant("s")),
        op("Mul", op("Sub", op("Cast", .constant("w")), .constant("z")), .constant("s")),
        op("Mul", op("Sub", op("Cast", .constant("w")), op("Cast", .constant("z")).shared), .constant("s")),
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let weights = index.constant(match.value("w")), let scale = index.constant(match.value("s")) else {
            return
        }
        let isNarrow = weights.elementType == .int4 || weights.elementType == .uint4
        guard isNarrow || weights.elementType == .int8 || weights.elementType == .uint8 else {
            throw Refusal("the weights are not of 4 or 8 bits")
        }
        guard scale.elementType == .float32, weights.shape.rank >= 1, scale.shape.rank <= weights.shape.rank else {
            throw Refusal("the scale is not f32 or widens the weights")
        }
        let opset = try edit.opset(since: isNarrow ? 21 : 13)
        let lead = weights.shape.rank - scale.shape.rank
        let wide = scale.shape.indices.filter { scale.shape[$0] != 1 }
        guard wide.count <= 1, wide.allSatisfy({ scale.shape[$0] == weights.shape[$0 + lead] }) else {
            throw Refusal("the scale varies along several axes")
        }
        let shape: Shape = wide.isEmpty ? .scalar : [scale.elementCount]
        let flat = try edit.constant(match.value("s")) { () throws(ComputeError) in try scale.reshaped(to: shape) }
        var inputs = [match.value("w"), flat]
        if let name = match.values["z"] {
            inputs.append(try zeroPoint(name, weights.elementType, scale.shape, shape, index, &edit))
        }
        var attributes: [String: Attribute] = [:]
        if let axis = wide.first { attributes["axis"] = .integer(Int64(axis + lead)) }
        try edit.replaceRoot("DequantizeLinear", opset: opset, inputs, attributes: attributes)
    }

    /// The zero points in the type of the weights, one for each scale.
    private func zeroPoint(
        _ name: String, _ type: ElementType, _ scales: Shape, _ shape: Shape, _ index: GraphIndex, _ edit: inout Edit
    ) throws(Refusal) -> String {
        guard let tensor = index.constant(name), tensor.shape == scales || tensor.elementCount == 1,
            tensor.shape.rank <= scales.rank,
            let numbers = try? tensor.cast(to: .float32).array(of: Float.self)
        else { throw Refusal("the zero points do not lie like the scales") }
        let bits = type.storedBitWidth
        let least: Float = type == .int8 || type == .int4 ? -Float(1 << (bits - 1)) : 0
        let range = least...(least + Float(1 << bits - 1))
        guard numbers.allSatisfy({ range.contains($0) && $0 == $0.rounded() }) else {
            throw Refusal("a zero point is not one of the integers")
        }
        let count = shape.elementCount
        let all = numbers.count == count ? numbers : [Float](repeating: numbers[0], count: count)
        return try edit.constant(name) { () throws(ComputeError) in
            try Tensor(all, shape: shape).cast(to: type)
        }
    }
}
