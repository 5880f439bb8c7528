// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// The document as text: on one line, or indented by two spaces.
    package func text(isIndented: Bool = false) -> String {
        var result = ""
        write(to: &result, depth: isIndented ? 0 : nil)
        return result
    }

    private func write(to text: inout String, depth: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value):
            text += value.isFinite ? "\(value)" : value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
        case .string(let value): JSONValue.write(value, to: &text)
        case .array(let elements):
            let isFlat = depth == nil || elements.allSatisfy(\.isScalar)
            list("[", "]", elements, to: &text, depth: depth, isFlat: isFlat) { element, text, depth in
                element.write(to: &text, depth: depth)
            }
        case .object(let members):
            list("{", "}", members, to: &text, depth: depth, isFlat: depth == nil) { member, text, depth in
                JSONValue.write(member.name, to: &text)
                text += depth == nil ? ":" : ": "
                member.value.write(to: &text, depth: depth)
            }
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    private func list<Element>(
        _ open: String, _ close: String, _ elements: [Element], to text: inout String, depth: Int?, isFlat: Bool,
        _ body: (Element, inout String, Int?) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += depth != nil && isFlat ? ", " : "," }
            if let depth, !isFlat { text += "\n" + String(repeating: "  ", count: depth + 1) }
            body(element, &text, depth.map { $0 + 1 })
        }
        if let depth, !isFlat, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: depth) }
        text += close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\0"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
