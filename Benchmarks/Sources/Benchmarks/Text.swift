// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// How numbers and columns look.
enum Text {
    /// Three digits or so.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value < 1e15 else { return "-" }
        if value >= 100 { return String(Int(value.rounded())) }
        let scale = value >= 10 ? 10.0 : 100.0
        return String((value * scale).rounded() / scale)
    }

    /// A text moved to the right of its column.
    static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// A name in the first column.
    static func name(_ text: String) -> String { text + String(repeating: " ", count: max(1, 34 - text.count)) }
}

/// What went wrong, in words.
struct Failure: Error, CustomStringConvertible {
    let description: String

    /// Makes a failure of its words.
    init(_ description: String) { self.description = description }
}
