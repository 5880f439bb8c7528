// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// One field of a protocol-buffer message as it lies in the file.
package struct WireField {
    package enum Kind: UInt8 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    package let number: Int
    package let kind: Kind
    /// The payload's place in the file; for `bytes` without the length.
    package let range: Range<Int>
    /// The payload of a number.
    package let bits: UInt64

    private func mismatch(_ expected: String) -> ImportError {
        ImportError(.malformed, "field \(number) holds no \(expected)", at: range.lowerBound)
    }

    /// The place of a nested message, a string or packed numbers.
    package func message() throws(ImportError) -> Range<Int> {
        guard kind == .bytes else { throw mismatch("bytes") }
        return range
    }

    package func integer() throws(ImportError) -> Int64 {
        guard kind == .varint else { throw mismatch("integer") }
        return Int64(bitPattern: bits)
    }

    package func float() throws(ImportError) -> Float {
        guard kind == .fixed32 else { throw mismatch("float") }
        return Float(bitPattern: UInt32(truncatingIfNeeded: bits))
    }

    func string(in source: TensorStorage) throws(ImportError) -> String { source.string(try message()) }

    /// The elements of a repeated integer, packed or one per field.
    func integers(in source: TensorStorage) throws(ImportError) -> [Int64] {
        guard kind == .bytes else { return [try integer()] }
        var reader = WireReader(source.bytes, range)
        var values: [Int64] = []
        while !reader.isAtEnd { values.append(Int64(bitPattern: try reader.varint())) }
        return values
    }

    /// The elements of a repeated float, packed or one per field.
    func floats(in source: TensorStorage) throws(ImportError) -> [Float] {
        guard kind == .bytes else { return [try float()] }
        var reader = WireReader(source.bytes, range)
        var values: [Float] = []
        while !reader.isAtEnd { values.append(Float(bitPattern: UInt32(truncatingIfNeeded: try reader.fixed(4)))) }
        return values
    }

    /// The place of packed numbers, or of the one number.
    func run(of kind: Kind) throws(ImportError) -> Range<Int> {
        guard self.kind == .bytes || self.kind == kind else { throw mismatch("list of numbers") }
        return range
    }
}

/// Walks the fields of one protocol-buffer message; checks every bound.
package struct WireReader: ~Escapable {
    private let bytes: Span<UInt8>
    private(set) var position: Int
    private let end: Int

    /// Reads the message at a range, which must lie in the bytes.
    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    package var isAtEnd: Bool { position >= end }

    /// The next field, or nil at the end of the message; groups are passed over.
    @_lifetime(self: copy self)
    package mutating func next() throws(ImportError) -> WireField? {
        var groups: [Int] = []
        while !isAtEnd {
            let start = position
            let tag = try varint()
            guard let number = Int(exactly: tag >> 3), number > 0, number < 1 << 29 else {
                throw ImportError(.malformed, "\(tag) is no field tag", at: start)
            }
            let field: WireField
            switch tag & 7 {
            case 3:
                guard groups.count < 64 else { throw ImportError(.limit, "groups are nested too deeply", at: start) }
                groups.append(number)
                continue
            case 4:
                guard groups.popLast() == number else {
                    throw ImportError(.malformed, "a group ends that did not begin", at: start)
                }
                continue
            case let kind: field = try payload(number, kind, start)
            }
            if groups.isEmpty { return field }
        }
        guard groups.isEmpty else { throw ImportError(.malformed, "a group does not end", at: position) }
        return nil
    }

    @_lifetime(self: copy self)
    private mutating func payload(_ number: Int, _ kind: UInt64, _ tag: Int) throws(ImportError) -> WireField {
        let start = position
        switch WireField.Kind(rawValue: UInt8(truncatingIfNeeded: kind)) {
        case .varint:
            let bits = try varint()
            return WireField(number: number, kind: .varint, range: start..<position, bits: bits)
        case .fixed64:
            let bits = try fixed(8)
            return WireField(number: number, kind: .fixed64, range: start..<position, bits: bits)
        case .fixed32:
            let bits = try fixed(4)
            return WireField(number: number, kind: .fixed32, range: start..<position, bits: bits)
        case .bytes:
            let length = try varint()
            guard let count = Int(exactly: length), count <= end - position else {
                throw ImportError(
                    .malformed, "field \(number) takes \(length) bytes, \(end - position) are left", at: start)
            }
            let range = position..<position + count
            position = range.upperBound
            return WireField(number: number, kind: .bytes, range: range, bits: 0)
        case nil:
            throw ImportError(.malformed, "field \(number) has the unknown wire type \(kind)", at: tag)
        }
    }

    /// The next number in base 128.
    @_lifetime(self: copy self)
    mutating func varint() throws(ImportError) -> UInt64 {
        var value: UInt64 = 0
        let start = position
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < end else { throw ImportError(.malformed, "the bytes end inside a number", at: start) }
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw ImportError(.malformed, "a number is wider than 64 bits", at: start)
    }

    /// The next little-endian number of 4 or 8 bytes.
    @_lifetime(self: copy self)
    mutating func fixed(_ byteCount: Int) throws(ImportError) -> UInt64 {
        guard byteCount <= end - position else {
            throw ImportError(.malformed, "the bytes end inside a number", at: position)
        }
        var value: UInt64 = 0
        for index in 0..<byteCount { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += byteCount
        return value
    }
}

extension TensorStorage {
    /// The text at a range; bytes that are no UTF-8 are repaired.
    func string(_ range: Range<Int>) -> String {
        // SAFETY: the buffer is only read during the call.
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    var wholeRange: Range<Int> { 0..<byteCount }
}
