// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
    /// Reads a string.
    @_lifetime(self: copy self)
    package mutating func string() throws(JSONError) -> String {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw failure("no string where one was expected") }
        position &+= 1
        let start = position
        // Most strings have no escapes and are read in one piece.
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                let part = bytes.extracting(start..<position)
                guard let text = JSONReader.decoded(part) else {
                    throw JSONError("a string that is not UTF-8", at: start)
                }
                position &+= 1
                return text
            }
            if byte == UInt8(ascii: "\\") { break }
            guard byte >= 0x20 else { throw failure("a control character in a string") }
            position &+= 1
        }
        position = start
        var unescaped: [UInt8] = []
        try unescape { unescaped.append($0) }
        guard let text = JSONReader.decoded(unescaped.span) else {
            throw JSONError("a string that is not UTF-8", at: start)
        }
        return text
    }

    /// Reads a string as its bytes, with escapes resolved.
    @_lifetime(self: copy self)
    package mutating func stringBytes(into target: inout [UInt8]) throws(JSONError) {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw failure("no string where one was expected") }
        position &+= 1
        try unescape { target.append($0) }
    }

    @_lifetime(self: copy self)
    mutating func skipString() throws(JSONError) {
        position &+= 1
        try unescape { _ in }
    }

    private static func decoded(_ part: Span<UInt8>) -> String? {
        // SAFETY: the bytes are only read within the closure.
        unsafe part.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
    }

    /// Hands over the bytes up to the closing quote and passes it.
    @_lifetime(self: copy self)
    private mutating func unescape(_ append: (UInt8) -> Void) throws(JSONError) {
        while let byte = next {
            position &+= 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape(append)
            case ..<0x20: throw failure("a control character in a string")
            default: append(byte)
            }
        }
        throw failure("the text ends within a string")
    }

    @_lifetime(self: copy self)
    private mutating func escape(_ append: (UInt8) -> Void) throws(JSONError) {
        guard let byte = next else { throw failure("the text ends within a string") }
        position &+= 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): append(byte)
        case UInt8(ascii: "b"): append(0x08)
        case UInt8(ascii: "f"): append(0x0C)
        case UInt8(ascii: "n"): append(0x0A)
        case UInt8(ascii: "r"): append(0x0D)
        case UInt8(ascii: "t"): append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try hexadecimal())
            if (0xD800..<0xDC00).contains(code) {
                guard next == UInt8(ascii: "\\") else { throw failure("half a surrogate pair in a string") }
                position &+= 1
                guard next == UInt8(ascii: "u") else { throw failure("half a surrogate pair in a string") }
                position &+= 1
                let low = UInt32(try hexadecimal())
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair in a string") }
                code = 0x1_0000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair in a string") }
            for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(unit) }
        default: throw failure("an escape that JSON does not have")
        }
    }

    @_lifetime(self: copy self)
    private mutating func hexadecimal() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw failure("the text ends within a string") }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw failure("an escape without four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            position &+= 1
        }
        return value
    }
}
