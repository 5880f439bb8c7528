// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusGraphs
public import ApusTensors

/// Where in a graph something happened.
public struct NodePlace: Hashable, Sendable, CustomStringConvertible {
    /// The node's name; may be empty.
    public var node: String
    /// The operator's name.
    public var operatorName: String
    /// The operator's domain; ONNX's own is the empty string.
    public var domain: String
    /// The version of the domain.
    public var opset: Int
    /// The first output's name, which identifies the node when its name is empty.
    public var output: String

    /// The place of a node.
    public init(_ node: Node) {
        self.node = node.name
        operatorName = node.operatorName
        domain = node.domain
        opset = node.opset
        output = node.outputs.first { !$0.isEmpty } ?? ""
    }

    /// Operator, domain, opset and node in one phrase.
    public var description: String {
        let name = node.isEmpty ? "the node that makes '\(output)'" : "node '\(node)'"
        return "\(domain.isEmpty ? "" : domain + ".")\(operatorName) (opset \(opset)), \(name)"
    }
}

/// Why a graph cannot be compiled.
public struct PlanError: Error, Sendable, CustomStringConvertible {
    /// What was expected and what was there.
    public var message: String
    /// The node, when one is to blame.
    public var place: NodePlace?

    /// Makes an error.
    public init(_ message: String, at place: NodePlace? = nil) {
        self.message = message
        self.place = place
    }

    /// The place and the message.
    public var description: String { place.map { "\($0): \(message)" } ?? message }
}

/// Why a run ended without outputs.
public struct RunError: Error, Sendable, CustomStringConvertible {
    /// What was refused.
    public var cause: ComputeError
    /// The node that refused, nil when the inputs were refused before any node ran.
    public var place: NodePlace?

    /// Makes an error.
    public init(_ cause: ComputeError, at place: NodePlace? = nil) {
        self.cause = cause
        self.place = place
    }

    /// The place and the cause.
    public var description: String { place.map { "\($0): \(cause)" } ?? cause.description }
}
