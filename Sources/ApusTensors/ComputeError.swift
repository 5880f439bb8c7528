// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What a tensor operation or an operator refuses, and why.
public struct ComputeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of refusal; tests compare it.
    public enum Code: String, Hashable, Sendable {
        /// An element type other than the ones an operation accepts.
        case elementType
        /// A shape, rank or axis that does not fit.
        case shape
        /// An attribute that is missing, of the wrong kind or out of range.
        case attribute
        /// A tensor's contents are out of range (an index, a size).
        case value
        /// A legal request this engine does not carry out.
        case unsupported
        /// A size that overflows or passes a memory limit.
        case limit
        /// The caller asked to stop.
        case cancelled
    }

    /// The kind of refusal.
    public var code: Code
    /// What was expected and what was there instead.
    public var message: String

    /// Makes an error of the given kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The kind and the message in one line.
    public var description: String { "\(code.rawValue): \(message)" }

    package static func elementType(_ message: String) -> ComputeError { ComputeError(.elementType, message) }
    package static func shape(_ message: String) -> ComputeError { ComputeError(.shape, message) }
    package static func attribute(_ message: String) -> ComputeError { ComputeError(.attribute, message) }
    package static func value(_ message: String) -> ComputeError { ComputeError(.value, message) }
    package static func unsupported(_ message: String) -> ComputeError { ComputeError(.unsupported, message) }
    package static func limit(_ message: String) -> ComputeError { ComputeError(.limit, message) }
}
