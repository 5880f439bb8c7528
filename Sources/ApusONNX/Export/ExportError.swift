// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a graph or value cannot be written.
public struct ExportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; tests compare it.
    public enum Code: String, Hashable, Sendable {
        /// The file cannot be written.
        case file
        /// ONNX has no way to say it.
        case unsupported
    }

    /// The kind of failure.
    public var code: Code
    /// What is wrong.
    public var message: String

    /// Makes an error of the given kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
