// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Protocol-buffer bytes, as far as a small ONNX model needs them.
struct Message {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Adds a whole number.
    mutating func add(_ field: UInt64, _ value: Int) {
        varint(field << 3)
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// Adds a 32-bit float.
    mutating func add(_ field: UInt64, _ value: Float) {
        varint(field << 3 | 5)
        bytes += Self.littleEndian([value])
    }

    /// Adds bytes.
    mutating func add(_ field: UInt64, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    /// Adds a text.
    mutating func add(_ field: UInt64, _ value: String) { add(field, Array(value.utf8)) }

    /// Adds a message of its own.
    mutating func add(_ field: UInt64, _ fill: (inout Message) -> Void) {
        var message = Message()
        fill(&message)
        add(field, message.bytes)
    }

    /// The bytes of floats.
    static func littleEndian(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in
            let bits = value.bitPattern
            return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: bits >> $0) }
        }
    }
}
