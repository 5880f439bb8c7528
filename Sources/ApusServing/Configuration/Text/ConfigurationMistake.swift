// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong in a configuration: where, what was expected, what is there, and what to write.
package struct ConfigurationMistake: Sendable, Hashable, CustomStringConvertible {
    /// The file, or what the text came with.
    package var origin: String
    /// The line, from 1; nil where the mistake is not at one place.
    package var line: Int?
    /// The place in the line, from 1.
    package var column: Int?
    /// What was expected and what is there.
    package var message: String
    /// What to write instead.
    package var fix: String?

    /// Makes a mistake.
    package init(origin: String, line: Int? = nil, column: Int? = nil, message: String, fix: String? = nil) {
        self.origin = origin
        self.line = line
        self.column = column
        self.message = message
        self.fix = fix
    }

    /// Place, message and fix in one line.
    package var description: String {
        let place = line.map { line in ":\(line)" + (column.map { ":\($0)" } ?? "") } ?? ""
        return "\(origin)\(place): \(message)" + (fix.map { "; \($0)" } ?? "")
    }
}

/// Why a configuration was refused: everything that is wrong in it.
package struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The mistakes, in the order of the text; at least one.
    package var mistakes: [ConfigurationMistake]

    /// The mistakes, one a line.
    package var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

extension ServingError {
    /// What a client is told of a configuration that was refused.
    package init(_ error: ConfigurationError) {
        self.init(.invalidArgument, error.mistakes.map(\.description).joined(separator: "; "))
    }
}
