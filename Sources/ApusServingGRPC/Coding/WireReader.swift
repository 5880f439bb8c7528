// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing

/// Reads the fields of one protobuf message where they lie.
package struct WireReader: ~Escapable {
    package let bytes: Span<UInt8>
    private var position: Int
    private let end: Int

    /// How a field's value is written.
    package enum Kind: UInt64 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    /// A field before its value.
    package struct Field {
        var number: UInt64
        var kind: Kind
    }

    /// Reads all bytes, or those of a message within them.
    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>, _ range: Range<Int>? = nil) {
        self.bytes = bytes
        position = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    package var isAtEnd: Bool { position >= end }

    private func failure(_ message: String) -> ServingError {
        ServingError(.invalidArgument, "the request is no sound protobuf message: \(message) at byte \(position)")
    }

    /// The next field, or nil after the last.
    @_lifetime(self: copy self)
    package mutating func field() throws(ServingError) -> Field? {
        guard position < end else { return nil }
        let tag = try varint()
        guard let kind = Kind(rawValue: tag & 7), tag >> 3 > 0 else { throw failure("an unknown kind of field") }
        return Field(number: tag >> 3, kind: kind)
    }

    /// Reads a number of one to ten bytes.
    @_lifetime(self: copy self)
    package mutating func varint() throws(ServingError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { throw failure("a number of more than ten bytes") }
        }
        throw failure("the end within a number")
    }

    /// Reads the place of a string, of bytes or of a message.
    @_lifetime(self: copy self)
    package mutating func range() throws(ServingError) -> Range<Int> {
        let count = try varint()
        guard count <= UInt64(end - position) else { throw failure("a length of \(count) past the end") }
        defer { position += Int(count) }
        return position..<position + Int(count)
    }

    /// Reads text.
    @_lifetime(self: copy self)
    package mutating func string() throws(ServingError) -> String {
        let part = bytes.extracting(try range())
        // SAFETY: the bytes are only read within the closure.
        guard let text = unsafe part.withUnsafeBufferPointer({ unsafe String(validating: $0, as: UTF8.self) }) else {
            throw failure("text that is not UTF-8")
        }
        return text
    }

    /// Reads four bytes, the lowest first.
    @_lifetime(self: copy self)
    package mutating func fixed32() throws(ServingError) -> UInt32 { UInt32(try fixed(4)) }

    /// Reads eight bytes, the lowest first.
    @_lifetime(self: copy self)
    package mutating func fixed64() throws(ServingError) -> UInt64 { try fixed(8) }

    @_lifetime(self: copy self)
    private mutating func fixed(_ count: Int) throws(ServingError) -> UInt64 {
        guard end - position >= count else { throw failure("the end within a number") }
        var value: UInt64 = 0
        for byte in 0..<count { value |= UInt64(bytes[position + byte]) << (8 * UInt64(byte)) }
        position += count
        return value
    }

    /// Passes over a value.
    @_lifetime(self: copy self)
    package mutating func skip(_ field: Field) throws(ServingError) {
        switch field.kind {
        case .varint: _ = try varint()
        case .fixed64: _ = try fixed64()
        case .bytes: _ = try range()
        case .fixed32: _ = try fixed32()
        }
    }

    /// The refusal of a field whose value is of another kind.
    package func mismatch(_ field: Field) -> ServingError { failure("field \(field.number) of the wrong kind") }
}
