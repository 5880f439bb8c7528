// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension GraphPrinter {
    /// Words that would be read as something other than a name.
    static let reservedWords: Set<String> = [
        "_", "const", "opset", "graph", "tensor", "type", "ints", "floats", "strings", "tensors", "graphs", "types",
        "inf", "nan", "true", "false",
    ]

    /// A name, quoted where it has to be.
    static func name(_ name: String) -> String {
        guard let first = name.unicodeScalars.first, isLetter(first),
            name.unicodeScalars.allSatisfy(isNamePart), !name.contains("::"), name.last != ":",
            !reservedWords.contains(name)
        else { return quoted(name) }
        return name
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "_", "/": true
        default: false
        }
    }

    static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", ".": true
        default: isLetter(scalar)
        }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default:
                if scalar.value < 32 || scalar.value == 127 {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    static func number<Number: BinaryFloatingPoint & CustomStringConvertible>(_ value: Number) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        return value.description
    }

    static func type(_ type: ValueType) -> String {
        switch type {
        case .tensor(let elementType, let sizes):
            elementType.name + (sizes.map { "[" + $0.map(size).joined(separator: ", ") + "]" } ?? "[...]")
        case .sequence(let element): "seq(\(self.type(element)))"
        case .optional(let element): "optional(\(self.type(element)))"
        case .map(let key, let value): "map(\(key.name), \(self.type(value)))"
        case .unknown: "?"
        }
    }

    /// A size; one whose names would not be read back is written as one quoted name.
    private static func size(_ size: Dimension) -> String {
        let text = size.description
        if size.isUnknown || size.value != nil { return text }
        if size.symbols.allSatisfy({ name($0) == $0 }) { return text }
        return quoted(text)
    }

    /// The elements as text, or nil where there are too many or they are of a kind that is written as bytes.
    static func elements(of tensor: Tensor, limit: Int) -> [String]? {
        guard tensor.elementCount <= limit else { return nil }
        switch tensor.elementType {
        case .float32: return texts(tensor, Float.self) { number($0) }
        case .float64: return texts(tensor, Double.self) { number($0) }
        case .float16: return texts(tensor, Float16.self) { number(Float($0)) }
        case .bfloat16: return texts(tensor, BFloat16.self) { number($0.float) }
        case .int8: return texts(tensor, Int8.self) { "\($0)" }
        case .int16: return texts(tensor, Int16.self) { "\($0)" }
        case .int32: return texts(tensor, Int32.self) { "\($0)" }
        case .int64: return texts(tensor, Int64.self) { "\($0)" }
        case .uint8: return texts(tensor, UInt8.self) { "\($0)" }
        case .uint16: return texts(tensor, UInt16.self) { "\($0)" }
        case .uint32: return texts(tensor, UInt32.self) { "\($0)" }
        case .uint64: return texts(tensor, UInt64.self) { "\($0)" }
        case .bool: return texts(tensor, Bool.self) { $0 ? "true" : "false" }
        case .string: return tensor.strings.map(quoted)
        default: return nil
        }
    }

    private static func texts<Element: TensorElement>(
        _ tensor: Tensor, _ type: Element.Type, _ text: (Element) -> String
    ) -> [String]? {
        guard let span = try? tensor.elements(of: Element.self) else { return nil }
        return span.indices.map { text(span[$0]) }
    }
}
