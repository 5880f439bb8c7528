// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A moment of the machine's calendar, in UTC.
package struct TimeStamp: Sendable, Equatable {
    /// The date and the time of day.
    package let year, month, day, hour, minute, second: Int
    /// The rest, in microseconds.
    package let microseconds: Int

    /// The moment so many seconds, and some microseconds, after 1970 began.
    package init(seconds: Int, microseconds: Int) {
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let rest = seconds - days * 86_400
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        self.microseconds = microseconds
        // Years are counted from March, so that the leap day is the last of one; 400 of them always have 146,097 days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// As `1231 23:59:59.000001`, month and day first, which is how Triton begins its lines.
    package var short: String {
        "\(Self.digits(month, 2))\(Self.digits(day, 2)) \(time).\(Self.digits(microseconds, 6))"
    }

    /// As `2026-12-31T23:59:59Z`.
    package var iso8601: String {
        "\(Self.digits(year, 4))-\(Self.digits(month, 2))-\(Self.digits(day, 2))T\(time)Z"
    }

    private var time: String {
        [hour, minute, second].map { Self.digits($0, 2) }.joined(separator: ":")
    }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
