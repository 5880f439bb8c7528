// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a file cannot be used; always names the file.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; tests compare it.
    public enum Code: String, Hashable, Sendable {
        /// There is no such file.
        case missing
        /// The file has no bytes.
        case empty
        /// The system does not let us read it.
        case unreadable
        /// A directory, device, socket or pipe.
        case notRegular
    }

    /// The kind of failure.
    public var code: Code
    /// The file.
    public var path: String
    /// What is wrong with it.
    public var message: String

    /// Makes an error about a file.
    public init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    /// The path and the message in one line.
    public var description: String { "'\(path)': \(message)" }
}
