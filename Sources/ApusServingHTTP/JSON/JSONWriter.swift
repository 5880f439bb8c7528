// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Writes JSON into a buffer; the caller writes the punctuation of objects and arrays.
package struct JSONWriter: Sendable {
    /// What was written so far.
    package var buffer: ByteBuffer

    /// Writes to the end of a buffer.
    package init(_ buffer: ByteBuffer) { self.buffer = buffer }

    /// Writes text as it is: punctuation and names that need no escapes.
    @inline(__always)
    package mutating func raw(_ text: StaticString) { buffer.writeStaticString(text) }

    /// Writes a string with quotes and escapes.
    package mutating func string(_ text: String) {
        buffer.writeInteger(UInt8(ascii: "\""))
        var isPlain = true
        for byte in text.utf8 where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            isPlain = false
            break
        }
        if isPlain {
            buffer.writeString(text)
        } else {
            for byte in text.utf8 { escaped(byte) }
        }
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x08: raw("\\b")
        case 0x09: raw("\\t")
        case 0x0A: raw("\\n")
        case 0x0C: raw("\\f")
        case 0x0D: raw("\\r")
        case ..<0x20:
            raw("\\u00")
            for digit in [byte >> 4, byte & 15] {
                buffer.writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        default: buffer.writeInteger(byte)
        }
    }

    /// Writes `,"key":` or, for the first of an object, `"key":`.
    package mutating func key(_ name: StaticString, isFirst: Bool = false) {
        if isFirst { raw("\"") } else { raw(",\"") }
        raw(name)
        raw("\":")
    }

    /// Writes `true` or `false`.
    package mutating func bool(_ value: Bool) { if value { raw("true") } else { raw("false") } }

    /// Writes an integer.
    package mutating func integer(_ value: some BinaryInteger) { buffer.writeString(String(value)) }

    /// Writes a number with as few digits as tell it from its neighbours, `NaN`, `Infinity` or `-Infinity`.
    package mutating func double(_ value: Double) { buffer.writeString(JSONWriter.text(value)) }

    static func text<Value: BinaryFloatingPoint & CustomStringConvertible>(_ value: Value) -> String {
        if value.isFinite { return value.description }
        return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    }

    /// Writes the strings as an array.
    package mutating func strings(_ values: [String]) {
        raw("[")
        for (index, value) in values.enumerated() {
            if index > 0 { raw(",") }
            string(value)
        }
        raw("]")
    }

    /// Writes the integers as an array.
    package mutating func integers(_ values: some Sequence<some BinaryInteger>) {
        raw("[")
        var isFirst = true
        for value in values {
            if !isFirst { raw(",") }
            isFirst = false
            integer(value)
        }
        raw("]")
    }
}
