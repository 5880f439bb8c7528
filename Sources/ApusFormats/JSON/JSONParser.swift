// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Reads a document; besides the standard it takes `NaN`, `Infinity` and `-Infinity`, which tensors need.
    ///
    /// - Throws: ``FormatError`` with code `format` or `limit`, naming the line and column.
    package init(parsing text: String) throws(FormatError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Reads a document from UTF-8.
    ///
    /// - Throws: ``FormatError`` with code `format` or `limit`, naming the line and column.
    package init(parsing bytes: [UInt8]) throws(FormatError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    var position = 0
    static let depthLimit = 128

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(FormatError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("text after the end of the document") }
        return value
    }

    func failure(_ message: String) -> FormatError {
        let before = bytes[..<min(position, bytes.count)]
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        let column = 1 + before.count - ((before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
        return FormatError(.format, "JSON line \(line) column \(column): \(message)")
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    mutating func value(depth: Int) throws(FormatError) -> JSONValue {
        guard depth < JSONParser.depthLimit else {
            throw FormatError(.limit, "JSON is nested deeper than \(JSONParser.depthLimit) levels")
        }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case nil: throw failure("the document ends where a value is expected")
        default: break
        }
        if takeWord("true") { return .bool(true) }
        if takeWord("false") { return .bool(false) }
        if takeWord("null") { return .null }
        if takeWord("NaN") { return .number(.nan) }
        if takeWord("Infinity") { return .number(.infinity) }
        if takeWord("-Infinity") { return .number(-.infinity) }
        return try number()
    }

    mutating func object(depth: Int) throws(FormatError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("expected a name in quotes") }
            let name = try string()
            guard names.insert(name).inserted else { throw failure("the name \"\(name)\" is there twice") }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected a colon after \"\(name)\"") }
            members.append(JSONValue.Member(name, try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected a comma or }") }
        }
    }

    mutating func array(depth: Int) throws(FormatError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected a comma or ]") }
        }
    }

    mutating func number() throws(FormatError) -> JSONValue {
        let start = position
        var isWhole = true
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"): isWhole = false
            default: return try number(start, isWhole)
            }
            position += 1
        }
        return try number(start, isWhole)
    }

    func number(_ start: Int, _ isWhole: Bool) throws(FormatError) -> JSONValue {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard !text.isEmpty else { throw failure("expected a value") }
        if isWhole, let value = Int64(text) { return .integer(value) }
        guard text.utf8.first != UInt8(ascii: "+"), let value = Double(text) else {
            throw failure("\"\(text)\" is not a number")
        }
        return .number(value)
    }

    mutating func string() throws(FormatError) -> String {
        position += 1
        var result: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: result, as: UTF8.self) else {
                    throw failure("a string is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &result)
            case 0..<0x20: throw failure("a control character in a string")
            default: result.append(byte)
            }
        }
        throw failure("a string has no end")
    }

    mutating func escape(into result: inout [UInt8]) throws(FormatError) {
        guard let byte = next else { throw failure("a string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xFC00 == 0xD800 {
                guard takeWord("\\u") else { throw failure("half a surrogate pair") }
                let low = try hexadecimal()
                guard low & 0xFC00 == 0xDC00 else { throw failure("half a surrogate pair") }
                code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
            result.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw failure("an unknown escape")
        }
    }

    mutating func hexadecimal() throws(FormatError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
