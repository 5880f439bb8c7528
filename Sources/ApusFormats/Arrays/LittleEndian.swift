// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// The little-endian number at an offset, or nil where the bytes end before it does.
    func integer<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type, at offset: Int) -> Value? {
        let width = Value.bitWidth / 8
        guard offset >= 0, offset <= count - width else { return nil }
        var value: Value = 0
        for index in 0..<width { value |= Value(self[offset + index]) << Value(8 * index) }
        return value
    }

    /// Appends a number, lowest byte first.
    mutating func append<Value: FixedWidthInteger & UnsignedInteger>(littleEndian value: Value) {
        for index in 0..<Value.bitWidth / 8 { append(UInt8(truncatingIfNeeded: value >> Value(8 * index))) }
    }
}
