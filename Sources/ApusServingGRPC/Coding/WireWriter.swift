// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Writes the fields of protobuf messages.
package struct WireWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    /// The bytes a number takes.
    package static func byteCount(_ value: UInt64) -> Int { max(1, (64 - value.leadingZeroBitCount + 6) / 7) }

    /// Begins a field of a number.
    package mutating func number(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    package mutating func double(_ field: UInt64, _ value: Double) {
        varint(field << 3 | 1)
        for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64(byte)))) }
    }

    /// Begins a field of bytes, a string or a message; its bytes must follow.
    package mutating func length(_ field: UInt64, _ count: Int) {
        varint(field << 3 | 2)
        varint(UInt64(count))
    }

    /// Writes a field of text; nothing for empty text, which is what a reader takes for granted.
    package mutating func string(_ field: UInt64, _ text: String) {
        guard !text.isEmpty else { return }
        length(field, text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func message(_ field: UInt64, _ content: WireWriter) {
        length(field, content.bytes.count)
        bytes.append(contentsOf: content.bytes)
    }

    package mutating func message(_ field: UInt64, _ content: [UInt8]) {
        length(field, content.count)
        bytes.append(contentsOf: content)
    }
}
