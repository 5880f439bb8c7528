// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a model could not be loaded, a session not run, or a value not read.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; more may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name of the kind, as the tool's JSON has it.
        public let description: String

        /// A file is missing, unreadable or not a model.
        public static let file = Code(description: "file")
        /// The model breaks its format.
        public static let malformedModel = Code(description: "malformedModel")
        /// The model asks for something this engine does not do.
        public static let unsupported = Code(description: "unsupported")
        /// A name that the model does not have, or one that is missing.
        public static let name = Code(description: "name")
        /// An element type other than the expected one.
        public static let elementType = Code(description: "elementType")
        /// A shape other than the expected one.
        public static let shape = Code(description: "shape")
        /// A value out of its range, in the model or an input.
        public static let value = Code(description: "value")
        /// A size past a limit.
        public static let limit = Code(description: "limit")
        /// A plan file that was made by another engine, for another machine or from a model that has changed since:
        /// it must be built again.
        public static let stalePlan = Code(description: "stalePlan")
        /// The caller asked to stop.
        public static let cancelled = Code(description: "cancelled")
    }

    /// The kind of failure.
    public var code: Code
    /// What was expected and what was there instead.
    public var message: String
    /// The name of the node that failed.
    public var node: String?
    /// The operator of the node that failed.
    public var operatorName: String?
    /// The domain of that operator; ONNX's own is the empty string.
    public var domain: String?
    /// The version of that domain.
    public var opset: Int?
    /// The input or output the message speaks of.
    public var value: String?
    /// What failed underneath.
    public var cause: (any Error)?

    /// Makes an error that is not tied to a node.
    public init(_ code: Code, _ message: String, value: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.value = value
        self.cause = cause
    }

    /// Place and message in one line.
    public var description: String {
        guard let operatorName else { return message }
        let qualified = domain.map { $0.isEmpty ? operatorName : "\($0).\(operatorName)" } ?? operatorName
        let version = opset.map { " (opset \($0))" } ?? ""
        let name = node.map { $0.isEmpty ? "" : ", node '\($0)'" } ?? ""
        return "\(qualified)\(version)\(name): \(message)"
    }
}
