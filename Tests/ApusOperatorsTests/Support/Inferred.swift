// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// What an operator infers from facts about its inputs.
func inferred<Kind: Operator>(
    _ kind: Kind.Type, opset: Int = 22, _ attributes: [String: Attribute], _ inputs: [InferredValue?],
    outputs: Int = 1
) throws(ComputeError) -> [InferredValue] {
    let names = inputs.indices.map { inputs[$0] == nil ? "" : "i\($0)" }
    let node = Node(
        Kind.schema.name, domain: Kind.schema.domain, opset: opset, inputs: names,
        outputs: (0..<outputs).map { "o\($0)" }, attributes: attributes)
    return try Kind(NodeReader(node)).infer(inputs)
}

/// What an operator without attributes infers from facts about its inputs.
func inferred<Kind: Operator>(
    _ kind: Kind.Type, opset: Int = 22, _ inputs: [InferredValue?], outputs: Int = 1
) throws(ComputeError) -> [InferredValue] {
    try inferred(kind, opset: opset, [:], inputs, outputs: outputs)
}

/// An `i64` constant of rank 1.
func constant(_ values: [Int64]) throws(ComputeError) -> InferredValue {
    InferredValue(constant: try Tensor(values, shape: [values.count]))
}

/// An `i64` tensor of rank 1.
func integers(_ values: [Int64]) throws(ComputeError) -> Tensor { try Tensor(values, shape: [values.count]) }
