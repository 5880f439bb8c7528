// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Evaluates one node of an operator on tensors, the way the executor does.
func evaluated<Kind: Operator>(
    _ kind: Kind.Type, opset: Int = 22, _ attributes: [String: Attribute], _ inputs: [Tensor?], outputs: Int = 1
) throws(ComputeError) -> [Tensor] {
    let names = inputs.indices.map { inputs[$0] == nil ? "" : "i\($0)" }
    let node = Node(
        Kind.schema.name, domain: Kind.schema.domain, opset: opset, inputs: names,
        outputs: (0..<outputs).map { "o\($0)" }, attributes: attributes)
    let operation = try Kind(NodeReader(node))
    var results = Outputs(wanted: [Bool](repeating: true, count: outputs), context: EvaluationContext())
    try operation.run(Inputs(inputs.map { $0.map { .tensor($0) } }), into: &results)
    return results.values.compactMap { $0?.tensor }
}

/// Evaluates one node without attributes.
func evaluated<Kind: Operator>(
    _ kind: Kind.Type, opset: Int = 22, _ inputs: [Tensor?], outputs: Int = 1
) throws(ComputeError) -> [Tensor] {
    try evaluated(kind, opset: opset, [:], inputs, outputs: outputs)
}

/// The kind of refusal an evaluation ends with, or nil where it succeeds.
func refusal<Kind: Operator>(
    _ kind: Kind.Type, opset: Int = 22, _ attributes: [String: Attribute], _ inputs: [Tensor?], outputs: Int = 1
) -> ComputeError.Code? {
    do throws(ComputeError) {
        _ = try evaluated(kind, opset: opset, attributes, inputs, outputs: outputs)
        return nil
    } catch {
        return error.code
    }
}

/// The kind of refusal an evaluation without attributes ends with, or nil where it succeeds.
func refusal<Kind: Operator>(
    _ kind: Kind.Type, opset: Int = 22, _ inputs: [Tensor?], outputs: Int = 1
) -> ComputeError.Code? {
    refusal(kind, opset: opset, [:], inputs, outputs: outputs)
}

/// An `f32` tensor of small numbers that differ.
func ramp(_ shape: Shape, scale: Float = 0.25) throws(ComputeError) -> Tensor {
    try Tensor((0..<shape.elementCount).map { Float($0 * 7 % 11 - 5) * scale }, shape: shape)
}

/// Whether two lists of numbers agree within a tolerance.
func agrees(_ left: [Float], _ right: [Float], within tolerance: Float = 1e-5) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}
