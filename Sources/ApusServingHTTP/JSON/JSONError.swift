// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a JSON text was refused, and where.
package struct JSONError: Error, Sendable, Equatable {
    /// What was wrong, without the place.
    package var message: String
    /// The byte it happened at, counted from 0.
    package var offset: Int

    package init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String { "\(message) at byte \(offset)" }
}
