// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Cuts graph text into words, numbers, strings and marks.
struct GraphLexer {
    enum Token: Hashable {
        case word(String)
        case number(String)
        case string(String)
        case mark(String)
        case end

        var text: String {
            switch self {
            case .word(let text), .number(let text), .mark(let text): "'\(text)'"
            case .string(let text): GraphPrinter.quoted(text)
            case .end: "the end"
            }
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    /// Where the token before the position began.
    private(set) var tokenLine = 1
    private(set) var tokenColumn = 1

    init(_ text: String) { bytes = Array(text.utf8) }

    func error(_ code: GraphTextError.Code, _ message: String) -> GraphTextError {
        GraphTextError(code: code, line: tokenLine, column: tokenColumn, message: message)
    }

    mutating func next() throws(GraphTextError) -> Token {
        skipSpace()
        tokenLine = line
        tokenColumn = position - lineStart + 1
        guard position < bytes.count else { return .end }
        let byte = bytes[position]
        let scalar = Unicode.Scalar(byte)
        if GraphPrinter.isLetter(scalar) { return .word(run(while: GraphPrinter.isNamePart)) }
        if startsNumber(byte) { return try number() }
        if byte == UInt8(ascii: "\"") { return .string(try string()) }
        for mark in ["->", "::", "..."] where bytes[position...].starts(with: mark.utf8) {
            position += mark.utf8.count
            return .mark(mark)
        }
        guard "(){}[],:=@?*+-".utf8.contains(byte) else { throw error(.syntax, "byte \(byte) has no meaning here") }
        position += 1
        return .mark(String(scalar))
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
                lineStart = position
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            case UInt8(ascii: "#"):
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            default: return
            }
        }
    }

    private func startsNumber(_ byte: UInt8) -> Bool {
        if isDigit(byte) { return true }
        guard byte == UInt8(ascii: "-"), position + 1 < bytes.count else { return false }
        return isDigit(bytes[position + 1]) || bytes[(position + 1)...].starts(with: "inf".utf8)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func run(while accepts: (Unicode.Scalar) -> Bool) -> String {
        let start = position
        while position < bytes.count, accepts(Unicode.Scalar(bytes[position])) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func number() throws(GraphTextError) -> Token {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        while position < bytes.count {
            let byte = bytes[position]
            let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            let afterExponent = position > start && bytes[position - 1] | 0x20 == UInt8(ascii: "e")
            guard
                isDigit(byte) || byte == UInt8(ascii: ".")
                    || GraphPrinter.isLetter(Unicode.Scalar(byte)) && byte != UInt8(ascii: "/")
                    || isSign && afterExponent
            else { break }
            position += 1
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func string() throws(GraphTextError) -> String {
        position += 1
        var content: [UInt8] = []
        while true {
            guard position < bytes.count, bytes[position] != UInt8(ascii: "\n") else {
                throw error(.syntax, "the string does not end on its line")
            }
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { break }
            guard byte == UInt8(ascii: "\\") else {
                content.append(byte)
                continue
            }
            guard position < bytes.count else { throw error(.syntax, "the string does not end") }
            let escape = bytes[position]
            position += 1
            switch escape {
            case UInt8(ascii: "n"): content.append(10)
            case UInt8(ascii: "t"): content.append(9)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): content.append(escape)
            case UInt8(ascii: "u"): content += try unicodeEscape()
            default: throw error(.syntax, "unknown escape in a string")
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func unicodeEscape() throws(GraphTextError) -> [UInt8] {
        var digits = ""
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else {
            throw error(.syntax, "expected '{' after \\u")
        }
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "}"), digits.utf8.count < 8 {
            digits.unicodeScalars.append(Unicode.Scalar(bytes[position]))
            position += 1
        }
        position += 1
        guard let number = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(number) else {
            throw error(.syntax, "no such character: \\u{\(digits)}")
        }
        return Array(String(Character(scalar)).utf8)
    }
}
