// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Cases that are left out, each with its reason.
public struct Skips: Sendable {
    /// Reasons by case name.
    public private(set) var reasons: [String: String] = [:]

    /// Leaves nothing out.
    public init() {}

    /// Reads lines `NAME: REASON`; empty lines and lines that begin with `#` are passed over.
    ///
    /// - Throws: ``ConformanceError`` for a line without a reason.
    public init(parsing text: String) throws {
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1).map { part in
                String(part.drop(while: \.isWhitespace))
            }
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw ConformanceError(description: "'\(line)' is not NAME: REASON")
            }
            reasons[parts[0]] = parts[1]
        }
    }

    /// Adds the reasons of others.
    public mutating func merge(_ other: Skips) { reasons.merge(other.reasons) { $1 } }
}
