// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors

/// The elements of an input in fields of their type, read where they lie.
struct TypedContents: ~Escapable {
    private let bytes: Span<UInt8>
    private let range: Range<Int>

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    /// The input they make.
    ///
    /// - Throws: ``ServingError`` for elements in the field of another type, and for too few or too many.
    func input(
        _ name: String, _ datatype: Datatype, _ shape: Shape, _ count: Int
    ) throws(ServingError) -> RequestInput {
        switch datatype {
        case .bool: try numbers(name, shape, count, 1) { (bits: UInt64) in bits != 0 }
        case .int8: try numbers(name, shape, count, 2) { Int8(truncatingIfNeeded: $0) }
        case .int16: try numbers(name, shape, count, 2) { Int16(truncatingIfNeeded: $0) }
        case .int32: try numbers(name, shape, count, 2) { Int32(truncatingIfNeeded: $0) }
        case .int64: try numbers(name, shape, count, 3) { Int64(bitPattern: $0) }
        case .uint8: try numbers(name, shape, count, 4) { UInt8(truncatingIfNeeded: $0) }
        case .uint16: try numbers(name, shape, count, 4) { UInt16(truncatingIfNeeded: $0) }
        case .uint32: try numbers(name, shape, count, 4) { UInt32(truncatingIfNeeded: $0) }
        case .uint64: try numbers(name, shape, count, 5) { $0 }
        case .float32:
            try numbers(name, shape, count, 6, .fixed32) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
        case .float64: try numbers(name, shape, count, 7, .fixed64) { Double(bitPattern: $0) }
        case .bytes: try byteStrings(name, shape, count)
        case .float16, .bfloat16:
            throw ServingError(
                .invalidArgument, "input '\(name)' of \(datatype) must be in raw_input_contents, it has 'contents'")
        }
    }

    private func numbers<Element: TensorElement>(
        _ name: String, _ shape: Shape, _ count: Int, _ number: UInt64, _ kind: WireReader.Kind = .varint,
        _ element: (UInt64) -> Element
    ) throws(ServingError) -> RequestInput {
        // An element takes at least one byte.
        guard count <= range.count else { throw mismatch(name, count, range.count) }
        do {
            var target = try MutableTensor(Element.elementType, shape, uninitialized: ())
            let found = try {
                var elements = try target.elements(of: Element.self)
                var found = 0
                var reader = WireReader(bytes, range)
                while let field = try reader.field() {
                    guard field.number == number else { throw strange(name, field) }
                    if field.kind == .bytes {
                        var packed = WireReader(bytes, try reader.range())
                        while !packed.isAtEnd {
                            let bits = try packed.bits(kind)
                            if found < count { elements[found] = element(bits) }
                            found += 1
                        }
                    } else {
                        guard field.kind == kind else { throw reader.mismatch(field) }
                        let bits = try reader.bits(kind)
                        if found < count { elements[found] = element(bits) }
                        found += 1
                    }
                }
                return found
            }()
            guard found == count else { throw mismatch(name, count, found) }
            return RequestInput(name: name, tensor: target.finish())
        } catch let error as ServingError {
            throw error
        } catch {
            throw ServingError(.resourceExhausted, "input '\(name)': \(error)")
        }
    }

    private func byteStrings(_ name: String, _ shape: Shape, _ count: Int) throws(ServingError) -> RequestInput {
        var contents: [UInt8] = []
        var ends: [Int] = []
        var reader = WireReader(bytes, range)
        while let field = try reader.field() {
            guard field.number == 8, field.kind == .bytes else { throw strange(name, field) }
            let part = bytes.extracting(try reader.range())
            // SAFETY: the bytes are only read within the closure.
            unsafe part.withUnsafeBufferPointer { unsafe contents.append(contentsOf: $0) }
            ends.append(contents.count)
        }
        guard ends.count == count else { throw mismatch(name, count, ends.count) }
        return RequestInput(name: name, bytes: try ByteStrings(contents: contents, ends: ends, shape: shape))
    }

    private func mismatch(_ name: String, _ count: Int, _ found: Int) -> ServingError {
        ServingError(.invalidArgument, "unexpected number of elements \(found) for input '\(name)', expecting \(count)")
    }

    private func strange(_ name: String, _ field: WireReader.Field) -> ServingError {
        ServingError(
            .invalidArgument, "'contents' of input '\(name)' has elements in field \(field.number), not its datatype's")
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    fileprivate mutating func bits(_ kind: Kind) throws(ServingError) -> UInt64 {
        switch kind {
        case .fixed32: UInt64(try fixed32())
        case .fixed64: try fixed64()
        default: try varint()
        }
    }
}
