// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a file of arrays, an image, a JSON document or a recipe.
package struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; tests compare it.
    package enum Code: String, Hashable, Sendable {
        /// The file cannot be opened, read or written.
        case file
        /// The bytes are not of the format.
        case format
        /// The bytes begin in the format and then break it.
        case damaged
        /// A legal file this engine does not read.
        case unsupported
        /// A size past a limit.
        case limit
        /// A setting or element that does not fit what was asked for.
        case value
    }

    /// The kind of failure.
    package var code: Code
    /// What was expected and what was there instead.
    package var message: String

    /// Makes an error of the given kind.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message; the kind is for programs.
    package var description: String { message }

    /// The same failure with the name of the file or entry it happened in before the message.
    package func within(_ place: String) -> FormatError { FormatError(code, "\(place): \(message)") }
}
