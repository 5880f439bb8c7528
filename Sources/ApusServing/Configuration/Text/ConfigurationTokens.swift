// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Cuts protobuf's text format into words, and knows where each stands.
struct ConfigurationTokens {
    /// A word.
    struct Token: Equatable {
        enum Kind: Equatable {
            case identifier
            case number
            case string
            /// One of the signs `: { } [ ] < > , ; /`.
            case sign(UInt8)
            case end
            /// A string without its end, or a byte that belongs nowhere.
            case wrong
        }

        var kind: Kind
        /// The word as it is written.
        var text: String
        var line: Int
        var column: Int

        func isSign(_ letter: Unicode.Scalar) -> Bool { kind == .sign(UInt8(ascii: letter)) }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    /// The word that comes next.
    private(set) var next: Token

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        next = Token(kind: .end, text: "", line: 1, column: 1)
        next = scan()
    }

    /// Takes the next word.
    mutating func take() -> Token {
        let token = next
        next = scan()
        return token
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
                lineStart = position
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), 0x0b, 0x0c:
                position += 1
            case UInt8(ascii: "#"):
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            default: return
            }
        }
    }

    private mutating func scan() -> Token {
        skipSpace()
        let (start, column) = (position, position - lineStart + 1)
        func token(_ kind: Token.Kind, from bytes: [UInt8], to end: Int) -> Token {
            Token(kind: kind, text: String(decoding: bytes[start..<end], as: UTF8.self), line: line, column: column)
        }
        guard position < bytes.count else { return token(.end, from: bytes, to: position) }
        let first = bytes[position]
        if Self.isLetter(first) {
            takeWhile { Self.isLetter($0) || Self.isDigit($0) }
            return token(.identifier, from: bytes, to: position)
        }
        if Self.isDigit(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: ".") {
            position += 1
            takeWhile { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "+") }
            // An exponent may have a sign.
            if position < bytes.count, bytes[position] == UInt8(ascii: "-"), bytes[position - 1] | 0x20 == 0x65 {
                position += 1
                takeWhile { Self.isDigit($0) }
            }
            return token(.number, from: bytes, to: position)
        }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") { return string(first, start, column) }
        position += 1
        let isSign = Array(":{}[]<>,;/".utf8).contains(first)
        return token(isSign ? .sign(first) : .wrong, from: bytes, to: position)
    }

    private mutating func string(_ quote: UInt8, _ start: Int, _ column: Int) -> Token {
        position += 1
        var isWhole = false
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            let byte = bytes[position]
            position += 1
            if byte == quote {
                isWhole = true
                break
            }
            if byte == UInt8(ascii: "\\"), position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
                position += 1
            }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return Token(kind: isWhole ? .string : .wrong, text: text, line: line, column: column)
    }

    private mutating func takeWhile(_ belongs: (UInt8) -> Bool) {
        while position < bytes.count, belongs(bytes[position]) { position += 1 }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
