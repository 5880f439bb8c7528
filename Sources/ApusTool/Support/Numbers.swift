// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Numbers as people read them.
enum Numbers {
    /// A number with a fixed count of digits after the point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        let whole = Int((scaled / scale).rounded(.down))
        let fraction = String(Int(scaled - Double(whole) * scale))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        return sign + String(whole) + "." + String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
    }

    /// A number with about three significant digits, such as `1.23e-05`.
    static func short(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
        if abs(value) >= 0.001, abs(value) < 10000 { return fixed(value, abs(value) < 1 ? 5 : 3) }
        var exponent = 0
        var mantissa = abs(value)
        while mantissa >= 9.995 {
            mantissa /= 10
            exponent += 1
        }
        while mantissa < 0.9995 {
            mantissa *= 10
            exponent -= 1
        }
        return (value < 0 ? "-" : "") + fixed(mantissa, 2) + "e" + (exponent < 0 ? "-" : "+") + String(abs(exponent))
    }

    /// A count with a decimal prefix, such as `4.65 M`.
    static func count(_ value: Int) -> String {
        for (limit, unit) in [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")] where value >= limit {
            return fixed(Double(value) / Double(limit), 2) + " " + unit
        }
        return String(value)
    }

    /// A size such as `18.6 MB` (of a million bytes).
    static func bytes(_ value: Int) -> String {
        for (limit, unit) in [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")] where value >= limit {
            return fixed(Double(value) / Double(limit), 1) + " " + unit
        }
        return "\(value) bytes"
    }

    /// Milliseconds of a duration.
    static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) / 1e15
    }

    /// Nanoseconds of a duration.
    static func nanoseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    }

    /// A time such as `9.52 ms`.
    static func time(milliseconds value: Double) -> String {
        if value >= 1000 { return fixed(value / 1000, 2) + " s" }
        return value >= 0.1 ? fixed(value, 2) + " ms" : fixed(value * 1000, 1) + " µs"
    }
}
