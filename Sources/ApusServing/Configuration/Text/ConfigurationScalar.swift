// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Looks at single values: whether they suit their field, and what was meant where they do not.
enum ConfigurationScalar {
    /// What is wrong with a value, and what to write.
    struct Mistake: Equatable {
        var fix: String?
    }

    /// The mistake in a value, or nil.
    static func mistake(
        _ token: ConfigurationTokens.Token, _ field: ConfigurationSchema.Field, _ schema: ConfigurationSchema
    ) -> Mistake? {
        switch field.kind {
        case .text:
            return token.kind == .string ? nil : Mistake(fix: "write \(field.name): \"\(token.text)\"")
        case .bool:
            let known = ["true", "false", "True", "False", "t", "f", "1", "0"]
            if token.kind != .string, known.contains(token.text) { return nil }
            return Mistake(fix: "write true or false")
        case .float:
            if Double(token.text) != nil || ["inf", "infinity", "nan"].contains(token.text.lowercased()) { return nil }
            if token.kind == .number, Double(token.text.filter { !"fF".contains($0) }) != nil { return nil }
            return Mistake(fix: nil)
        case .integer(let lowest, let highest):
            guard token.kind == .number else {
                let inner = token.text.filter { !"\"'".contains($0) }
                return Mistake(fix: Int64(inner) == nil ? nil : "write \(inner) without quotes")
            }
            return isWhole(token.text, lowest, highest) ? nil : Mistake(fix: "from \(lowest) to \(highest)")
        case .enumeration(let type):
            return enumeration(token, schema.enumerations[type] ?? [])
        case .message: return Mistake(fix: nil)
        }
    }

    private static func enumeration(
        _ token: ConfigurationTokens.Token, _ known: [(name: String, number: Int)]
    ) -> Mistake? {
        if token.kind == .number, let number = Int(token.text), known.contains(where: { $0.number == number }) {
            return nil
        }
        let names = known.map(\.name)
        let word = token.text.filter { !"\"'".contains($0) }
        if names.contains(word) {
            return token.kind == .identifier ? nil : Mistake(fix: "write \(word) without quotes")
        }
        let upper = word.uppercased()
        let bare = upper.hasPrefix("TYPE_") ? String(upper.dropFirst(5)) : upper
        if names.contains("TYPE_FP32"), let meant = otherTypeNames[bare] ?? Optional(bare),
            names.contains("TYPE_\(meant)")
        {
            return Mistake(fix: "write TYPE_\(meant)")
        }
        if let prefix = names.first?.split(separator: "_").first, names.contains("\(prefix)_\(upper)") {
            return Mistake(fix: "write \(prefix)_\(upper)")
        }
        let fix = Spelling.nearest(word, in: names).map { "did you mean \($0)?" }
        return Mistake(fix: fix ?? "there are \(names.joined(separator: ", "))")
    }

    /// What others call the element types.
    private static let otherTypeNames = [
        "FLOAT": "FP32", "FLOAT32": "FP32", "F32": "FP32", "DOUBLE": "FP64", "FLOAT64": "FP64", "F64": "FP64",
        "HALF": "FP16", "FLOAT16": "FP16", "F16": "FP16", "BFLOAT16": "BF16", "BYTES": "STRING", "LONG": "INT64",
        "INT": "INT32", "I32": "INT32", "I64": "INT64", "BOOLEAN": "BOOL", "BYTE": "UINT8",
    ]

    private static func isWhole(_ text: String, _ lowest: Int64, _ highest: UInt64) -> Bool {
        let isNegative = text.hasPrefix("-")
        var digits = Substring(isNegative ? text.dropFirst() : text[...])
        var radix = 10
        if digits.lowercased().hasPrefix("0x") {
            (radix, digits) = (16, digits.dropFirst(2))
        } else if digits.count > 1, digits.hasPrefix("0") {
            (radix, digits) = (8, digits.dropFirst())
        }
        guard digits.first != "+", digits.first != "-", let size = UInt64(digits, radix: radix) else { return false }
        return isNegative ? size <= lowest.magnitude : size <= highest
    }

    /// A kind of value in words.
    static func words(_ kind: ConfigurationSchema.Kind, _ schema: ConfigurationSchema) -> String {
        switch kind {
        case .text: "a text in quotes"
        case .bool: "true or false"
        case .float: "a number"
        case .integer: "a whole number"
        case .enumeration(let type): "a name such as \(schema.enumerations[type]?.last?.name ?? "")"
        case .message: "a message"
        }
    }

    /// A value as it may be written.
    static func example(_ kind: ConfigurationSchema.Kind, _ schema: ConfigurationSchema) -> String {
        switch kind {
        case .text: "\"...\""
        case .bool: "true"
        case .float: "0.5"
        case .integer: "1"
        case .enumeration(let type): schema.enumerations[type]?.last?.name ?? ""
        case .message: "{ ... }"
        }
    }
}
