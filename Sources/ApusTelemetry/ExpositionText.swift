// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Prometheus' text form while it is written, for metrics of one number of decimals at a time.
package struct ExpositionText {
    /// What was written.
    package private(set) var text = ""
    private var decimals = 0

    init() {}

    mutating func header(_ name: String, _ help: String, _ kind: String, decimals: Int) {
        self.decimals = decimals
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind)\n"
    }

    mutating func line(_ name: String, _ labels: String, _ value: UInt64) { add(name, labels, decimal(value)) }

    mutating func line(_ name: String, _ labels: String, _ value: Int64) {
        add(name, labels, (value < 0 ? "-" : "") + decimal(value.magnitude))
    }

    mutating func count(_ name: String, _ labels: String, _ value: UInt64) { add(name, labels, String(value)) }

    private mutating func add(_ name: String, _ labels: String, _ value: String) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }

    /// A counted whole number in the exposed unit.
    func decimal(_ value: UInt64) -> String {
        var digits = String(value)
        guard decimals > 0 else { return digits }
        if digits.utf8.count <= decimals {
            digits = String(repeating: "0", count: decimals + 1 - digits.utf8.count) + digits
        }
        var fraction = digits.suffix(decimals)
        let whole = digits.dropLast(decimals)
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
    }

    static func labels(_ names: [String], _ values: [String]) -> String {
        zip(names, values).map { "\($0)=\"\(escaped($1, quotes: true))\"" }.joined(separator: ",")
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
