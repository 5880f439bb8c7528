// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

/// What one ONNX operator means: a small immutable value made from a node's attributes.
public protocol Operator: Sendable {
    /// Name, domain and arity.
    static var schema: Schema { get }

    /// Whether `f16` and `bf16` inputs are computed in `f32` and every `f32` output is rounded back.
    ///
    /// An operator that says so never sees a half type.
    static var widensHalf: Bool { get }

    /// Reads and checks the attributes.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` or `unsupported`.
    init(_ node: NodeReader) throws(ComputeError)

    /// What the outputs will be, as far as the inputs tell; an absent input is nil.
    ///
    /// Returns one element for each output of the schema that can be inferred, in order.
    ///
    /// - Throws: ``ComputeError`` when inputs of these types can never be evaluated.
    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue]

    /// Computes the outputs.
    ///
    /// - Throws: ``ComputeError``; a broken model or input never traps.
    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError)
}

extension Operator {
    /// Half types are handed through as they are.
    public static var widensHalf: Bool { false }

    /// Knows nothing.
    ///
    /// - Throws: Never.
    public func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] { [] }
}
