// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A time within which a part of all requests is to be answered, such as `p99 20ms`.
package struct LatencyObjective: Sendable, Equatable {
    /// The part, between 0 and 1.
    package var quantile: Double
    /// The time from arrival to answer.
    package var limit: Duration

    /// Makes an objective.
    package init(quantile: Double, limit: Duration) {
        self.quantile = quantile
        self.limit = limit
    }

    /// Reads `p99 20ms`, `p99.9 1.5s`, `p50 800us`, or a time alone, which means p99; nil for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard let last = words.last, words.count <= 2, let limit = Self.duration(last) else { return nil }
        var percent = 99.0
        if words.count == 2 {
            guard words[0].first == "p", let number = Double(words[0].dropFirst()), number >= 1, number < 100 else {
                return nil
            }
            percent = number
        }
        self.init(quantile: percent / 100, limit: limit)
    }

    private static func duration(_ text: Substring) -> Duration? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let units: [Substring: Double] = ["us": 1e3, "ms": 1e6, "s": 1e9]
        guard let number = Double(digits), let unit = units[text.dropFirst(digits.count)] else { return nil }
        let nanoseconds = number * unit
        guard nanoseconds >= 1_000, nanoseconds <= 3.6e12 else { return nil }
        return .nanoseconds(Int64(nanoseconds))
    }
}
