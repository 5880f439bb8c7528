// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol
import SwiftProtobuf

/// Writes a configuration as JSON the way Triton does: the protocol's own names, every field that has a default with
/// its value, 64-bit integers as numbers, enumerations by name.
package struct ConfigurationJSON {
    private let schema = ConfigurationSchema.model
    private var text = ""

    /// The configuration as JSON.
    ///
    /// - Throws: ``ServingError`` with code `internal` when the configuration cannot be encoded.
    package static func text(_ message: Inference_ModelConfig) throws(ServingError) -> String {
        let bytes: [UInt8]
        do { bytes = try message.serializedBytes() } catch {
            throw ServingError(.internal, "the configuration of '\(message.name)' cannot be encoded: \(error)")
        }
        var writer = ConfigurationJSON()
        writer.write(bytes[...], as: ConfigurationSchema.root)
        return writer.text
    }

    /// A value as it stands on the wire.
    private enum Value {
        case number(UInt64)
        case block(ArraySlice<UInt8>)
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>, as type: String) {
        let values = Self.values(bytes)
        text += "{"
        var isFirst = true
        for field in schema.messages[type] ?? [] {
            let given = values[field.number] ?? []
            var isMessage = false
            if case .message = field.kind { isMessage = true }
            if given.isEmpty, !field.isRepeated, isMessage || field.choice != nil { continue }
            if !isFirst { text += "," }
            isFirst = false
            quote(field.name)
            text += ":"
            if field.isMap { writeMap(field, given) } else { writeField(field, given) }
        }
        text += "}"
    }

    private mutating func writeField(_ field: ConfigurationSchema.Field, _ given: [Value]) {
        guard field.isRepeated else { return write(given.last, field.kind) }
        text += "["
        for (index, value) in given.flatMap({ unpacked($0, field.kind) }).enumerated() {
            if index > 0 { text += "," }
            write(value, field.kind)
        }
        text += "]"
    }

    private mutating func writeMap(_ field: ConfigurationSchema.Field, _ given: [Value]) {
        guard case .message(let type) = field.kind, let parts = schema.messages[type], parts.count == 2 else { return }
        var entries: [(key: String, value: Value?)] = []
        for case .block(let bytes) in given {
            let values = Self.values(bytes)
            var key = ""
            switch values[1]?.last {
            case .block(let name): key = String(decoding: name, as: UTF8.self)
            case .number(let number): key = String(number)
            case nil: key = parts[0].kind == .text ? "" : "0"
            }
            entries.append((key, values[2]?.last))
        }
        text += "{"
        for (index, entry) in entries.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { text += "," }
            quote(entry.key)
            text += ":"
            write(entry.value, parts[1].kind)
        }
        text += "}"
    }

    private mutating func write(_ value: Value?, _ kind: ConfigurationSchema.Kind) {
        var (number, block): (UInt64, ArraySlice<UInt8>) = (0, [])
        switch value {
        case .number(let bits): number = bits
        case .block(let bytes): block = bytes
        case nil: break
        }
        switch kind {
        case .message(let type): write(block, as: type)
        case .text: quote(String(decoding: block, as: UTF8.self))
        case .bool: text += number == 0 ? "false" : "true"
        case .integer(let lowest, _): text += lowest < 0 ? String(Int64(bitPattern: number)) : String(number)
        case .enumeration(let type):
            let name = schema.enumerations[type]?.first { UInt64(bitPattern: Int64($0.number)) == number }?.name
            if let name { quote(name) } else { text += String(Int64(bitPattern: number)) }
        case .float(let width):
            let wide = Double(bitPattern: number)
            let narrow = Float(bitPattern: UInt32(truncatingIfNeeded: number))
            let digits = width == 4 ? "\(narrow)" : "\(wide)"
            let names = ["nan": "\"NaN\"", "inf": "\"Infinity\"", "-inf": "\"-Infinity\""]
            text += names[digits] ?? digits
        }
    }

    private mutating func quote(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    // MARK: The wire

    /// The numbers of a repeated field that stand in one block.
    private func unpacked(_ value: Value, _ kind: ConfigurationSchema.Kind) -> [Value] {
        guard case .block(var bytes) = value else { return [value] }
        switch kind {
        case .text, .message: return [value]
        case .float(let width):
            return stride(from: bytes.startIndex, to: bytes.endIndex, by: width).map { start in
                .number(Self.fixed(bytes[start...].prefix(width)))
            }
        case .bool, .integer, .enumeration:
            var numbers: [Value] = []
            while let number = Self.varint(&bytes) { numbers.append(.number(number)) }
            return numbers
        }
    }
    /// The values of each field of a message that this process encoded.
    private static func values(_ bytes: ArraySlice<UInt8>) -> [Int: [Value]] {
        var (rest, values): (ArraySlice<UInt8>, [Int: [Value]]) = (bytes, [:])
        while let tag = varint(&rest) {
            let number = Int(truncatingIfNeeded: tag >> 3)
            switch tag & 7 {
            case 0: values[number, default: []].append(.number(varint(&rest) ?? 0))
            case 1: values[number, default: []].append(.number(fixed(take(8, &rest))))
            case 2:
                let count = Int(exactly: varint(&rest) ?? 0) ?? 0
                values[number, default: []].append(.block(take(count, &rest)))
            case 5: values[number, default: []].append(.number(fixed(take(4, &rest))))
            default: return values
            }
        }
        return values
    }

    private static func take(_ count: Int, _ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }

    private static func fixed(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while let byte = bytes.popFirst() {
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        return nil
    }
}
