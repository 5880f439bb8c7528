// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a foreign engine cannot be used or refused something.
public struct NativeBackendError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; tests compare it.
    public enum Code: String, Hashable, Sendable {
        /// The shared library was not found or cannot be loaded.
        case library
        /// The library refused the model.
        case model
        /// The library refused to run.
        case run
        /// A value the library's interface cannot carry.
        case unsupported
    }

    /// The kind of failure.
    public var code: Code
    /// What was expected and what happened.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
