// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Reads JSON from borrowed bytes in one pass, without recursion and without a tree.
///
/// Besides the standard it takes `NaN`, `Infinity` and `-Infinity` as numbers, which tensors need. Every method leaves
/// the position after what it read; after an error the reader is of no further use.
package struct JSONReader: ~Escapable {
    let bytes: Span<UInt8>
    /// The byte to be read next.
    package internal(set) var position = 0
    /// Arrays and objects that are open here.
    private(set) var depth = 0

    /// The most arrays and objects that may be open at once.
    package static let mostDepth = 100

    /// Reads the bytes from the first on.
    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// What follows, or nil at the end.
    var next: UInt8? {
        // SAFETY: the position is within the bytes.
        position < bytes.count ? unsafe bytes[unchecked: position] : nil
    }

    func failure(_ message: String) -> JSONError { JSONError(message, at: position) }

    private func unexpected(_ expected: String) -> JSONError {
        guard let next else { return failure("the text ends where \(expected) was expected") }
        let shown = (0x21...0x7E).contains(next) ? "'\(Character(Unicode.Scalar(next)))'" : "byte \(next)"
        return failure("\(shown) where \(expected) was expected")
    }

    @inline(__always)
    @_lifetime(self: copy self)
    mutating func skipSpace() {
        while let byte = next, byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position &+= 1
        }
    }

    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position &+= 1
        return true
    }

    @_lifetime(self: copy self)
    private mutating func takeWord(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for index in 0..<count {
            // SAFETY: the index is below the count of both.
            let expected = unsafe word.utf8Start[index]
            guard bytes[position + index] == expected else { return false }
        }
        position += count
        return true
    }

    // MARK: Arrays and objects

    @_lifetime(self: copy self)
    mutating func open() throws(JSONError) {
        guard depth < JSONReader.mostDepth else {
            throw failure("more than \(JSONReader.mostDepth) arrays and objects within each other")
        }
        depth += 1
    }

    mutating func close() { depth -= 1 }

    /// Enters an object; call ``nextKey(after:)`` until it gives nil.
    @_lifetime(self: copy self)
    package mutating func beginObject() throws(JSONError) {
        skipSpace()
        guard take(UInt8(ascii: "{")) else { throw unexpected("an object") }
        try open()
    }

    /// The next key of the object, with the reader before its value, or nil after the object's end.
    ///
    /// `isFirst` tells whether no key of this object was read yet; it is set to false.
    @_lifetime(self: copy self)
    package mutating func nextKey(_ isFirst: inout Bool) throws(JSONError) -> String? {
        skipSpace()
        if take(UInt8(ascii: "}")) {
            close()
            return nil
        }
        if !isFirst {
            guard take(UInt8(ascii: ",")) else { throw unexpected("',' or '}'") }
            skipSpace()
        }
        isFirst = false
        guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
        let key = try string()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
        return key
    }

    /// Enters an array; call ``nextElement(_:)`` until it gives false.
    @_lifetime(self: copy self)
    package mutating func beginArray() throws(JSONError) {
        skipSpace()
        guard take(UInt8(ascii: "[")) else { throw unexpected("an array") }
        try open()
    }

    /// Whether another element of the array follows, with the reader before it.
    ///
    /// `isFirst` tells whether no element of this array was read yet; it is set to false.
    @_lifetime(self: copy self)
    package mutating func nextElement(_ isFirst: inout Bool) throws(JSONError) -> Bool {
        skipSpace()
        if take(UInt8(ascii: "]")) {
            close()
            return false
        }
        if !isFirst {
            guard take(UInt8(ascii: ",")) else { throw unexpected("',' or ']'") }
        }
        isFirst = false
        return true
    }

    /// Checks that nothing but white space follows.
    @_lifetime(self: copy self)
    package mutating func end() throws(JSONError) {
        skipSpace()
        guard position == bytes.count else { throw failure("text after the end of the document") }
    }

    // MARK: Simple values

    /// What kind of value follows.
    package enum Kind: Sendable { case object, array, string, number, bool, null }

    /// The kind of the value that follows, by its first byte.
    @_lifetime(self: copy self)
    package mutating func kind() throws(JSONError) -> Kind {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "N"), UInt8(ascii: "I"): return .number
        case .some(let byte) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): return .number
        default: throw unexpected("a value")
        }
    }

    /// Reads `true` or `false`.
    @_lifetime(self: copy self)
    package mutating func bool() throws(JSONError) -> Bool {
        skipSpace()
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        throw unexpected("true or false")
    }

    /// Reads `null`.
    @_lifetime(self: copy self)
    package mutating func null() throws(JSONError) {
        skipSpace()
        guard takeWord("null") else { throw unexpected("null") }
    }

    /// Reads a number that must be an integer of 64 bits, signed or unsigned.
    @_lifetime(self: copy self)
    package mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(JSONError) -> Value {
        skipSpace()
        let start = position
        let number = try decimal()
        // Twenty digits are too many for the quick way, and may still fit 64 bits.
        guard let value = number.integer(Value.self) ?? (number.isInteger ? Value(text(from: start)) : nil) else {
            throw JSONError("\(text(from: start)) is no \(Value.isSigned ? "" : "unsigned ")integer", at: start)
        }
        return value
    }

    /// Reads a number.
    @_lifetime(self: copy self)
    package mutating func double() throws(JSONError) -> Double {
        skipSpace()
        let start = position
        let number = try decimal()
        return number.exactDouble ?? slowDouble(from: start)
    }

    /// Correctly rounded whatever its length: the number between a place and the position.
    func slowDouble(from start: Int) -> Double { Double(text(from: start)) ?? .nan }

    /// The text between a place and the position.
    func text(from start: Int) -> String {
        let part = bytes.extracting(start..<position)
        // SAFETY: the bytes are only read within the closure.
        return unsafe part.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Passes over a value, checking that it is well-formed.
    @_lifetime(self: copy self)
    package mutating func skip() throws(JSONError) {
        // One bit for each open array (0) and object (1), the innermost lowest.
        var objects: UInt128 = 0
        var opened = 0
        var isFirst = false
        while true {
            if opened > 0 {
                if objects & 1 == 1 {
                    if try !skipKey(&isFirst) {
                        objects >>= 1
                        opened -= 1
                        isFirst = false
                        if opened == 0 { return }
                        continue
                    }
                } else if try !nextElement(&isFirst) {
                    objects >>= 1
                    opened -= 1
                    isFirst = false
                    if opened == 0 { return }
                    continue
                }
            }
            switch try kind() {
            case .object, .array:
                let isObject = next == UInt8(ascii: "{")
                position += 1
                try open()
                objects = objects << 1 | (isObject ? 1 : 0)
                opened += 1
                isFirst = true
            case .string: try skipString()
            case .number: _ = try decimal()
            case .bool: _ = try bool()
            case .null: try null()
            }
            if opened == 0 { return }
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipKey(_ isFirst: inout Bool) throws(JSONError) -> Bool {
        skipSpace()
        if take(UInt8(ascii: "}")) {
            close()
            return false
        }
        if !isFirst {
            guard take(UInt8(ascii: ",")) else { throw unexpected("',' or '}'") }
            skipSpace()
        }
        isFirst = false
        guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
        try skipString()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
        return true
    }

    /// Begins to read again at a place where a value begins, as deep in arrays and objects as now.
    mutating func move(to place: Int) { position = place }
}
