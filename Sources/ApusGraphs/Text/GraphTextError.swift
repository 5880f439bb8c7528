// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a text is not a graph, and where.
package struct GraphTextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault.
    package enum Code: String, Hashable, Sendable {
        /// Something else was expected here.
        case syntax
        /// A number that cannot be what it stands for.
        case number
        /// A constant whose contents are not in the text.
        case elided
        /// The text asks for too much: nesting or memory.
        case limit
    }

    /// The kind of fault.
    package var code: Code
    /// The line, from 1.
    package var line: Int
    /// The column in bytes, from 1.
    package var column: Int
    /// What was expected and what was there instead.
    package var message: String

    /// Place and message in one line.
    package var description: String { "\(line):\(column): \(code.rawValue): \(message)" }
}
