// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension RegexParser {
    /// What a backslash starts, outside of brackets.
    mutating func escape() throws(ComputeError) -> RegexNode {
        let assertions: [(String, RegexAssertion)] = [
            ("\\A", .textStart), ("\\z", .textEnd), ("\\b", .wordBoundary), ("\\B", .noWordBoundary),
        ]
        for (text, assertion) in assertions where take(text) { return .assertion(assertion) }
        if follows("\\C") { throw .unsupported("a pattern that matches single bytes, at character \(position)") }
        if let test = try classEscape() { return node(test) }
        return literal(try characterEscape())
    }

    /// A set such as `\d` or `\p{L}`, or nil where something else follows.
    private mutating func classEscape() throws(ComputeError) -> CharacterTest? {
        guard follows("\\"), position + 1 < pattern.count else { return nil }
        let letter = pattern[position + 1]
        if let test = CharacterTest(perl: letter) {
            position += 2
            return test
        }
        guard letter == "p" || letter == "P" else { return nil }
        position += 2
        var isNegated = letter == "P"
        var name = ""
        if take("{") {
            if take("^") { isNegated.toggle() }
            while let next = peek, next != "}" {
                name.unicodeScalars.append(next)
                position += 1
            }
            guard take("}") else { throw bad("a property without an end") }
        } else if let next = peek {
            name.unicodeScalars.append(next)
            position += 1
        }
        guard let test = CharacterTest(category: name, isNegated: isNegated) else {
            throw .unsupported("the character property '\(name)' in a pattern")
        }
        return test
    }

    /// The one character a backslash stands for.
    private mutating func characterEscape() throws(ComputeError) -> Unicode.Scalar {
        position += 1
        guard let letter = peek else { throw bad("a backslash at its end") }
        position += 1
        switch letter {
        case "a": return "\u{7}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{B}"
        case "x": return try hexadecimal()
        case "0"..."7":
            guard letter == "0" || peek.map({ ("0"..."7").contains($0) }) ?? false else {
                throw .unsupported("a pattern that refers back, at character \(position)")
            }
            var value = letter.value - 0x30
            for _ in 0..<2 {
                guard let digit = peek, ("0"..."7").contains(digit) else { break }
                value = value * 8 + digit.value - 0x30
                position += 1
            }
            return try scalar(value)
        case "8", "9": throw .unsupported("a pattern that refers back, at character \(position)")
        default:
            guard letter.value < 0x80, !CharacterTest.wordCharacters.contains(letter) || letter == "_" else {
                throw bad("an unknown escape")
            }
            return letter
        }
    }

    private func scalar(_ value: UInt32) throws(ComputeError) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else { throw bad("an escape that is no character") }
        return scalar
    }

    private mutating func hexadecimal() throws(ComputeError) -> Unicode.Scalar {
        let isBraced = take("{")
        var digits = ""
        while let next = peek, next.properties.isASCIIHexDigit, digits.count < (isBraced ? 8 : 2) {
            digits.unicodeScalars.append(next)
            position += 1
        }
        guard let value = UInt32(digits, radix: 16), isBraced ? take("}") : digits.count == 2 else {
            throw bad("a bad hexadecimal escape")
        }
        return try scalar(value)
    }

    /// A set in brackets.
    mutating func bracket() throws(ComputeError) -> CharacterTest {
        _ = take("[")
        let isNegated = take("^")
        var result = CharacterTest()
        var isFirst = true
        while isFirst || peek != "]" {
            guard peek != nil else { throw bad("a bracket without an end") }
            isFirst = false
            if follows("[:"), let test = try posixClass() {
                result.formUnion(test)
                continue
            }
            if let test = try classEscape() {
                result.formUnion(test)
                continue
            }
            let low = try bracketCharacter()
            var high = low
            if follows("-"), position + 1 < pattern.count, pattern[position + 1] != "]" {
                position += 1
                high = try bracketCharacter()
            }
            guard low.value <= high.value else { throw bad("a range that runs backwards") }
            result.formUnion(CharacterTest([low.value...high.value]))
        }
        position += 1
        if flags.ignoresCase { result.foldCase() }
        result.isNegated = isNegated
        return result
    }

    private mutating func bracketCharacter() throws(ComputeError) -> Unicode.Scalar {
        guard let next = peek else { throw bad("a bracket without an end") }
        if next == "\\" { return try characterEscape() }
        position += 1
        return next
    }

    private mutating func posixClass() throws(ComputeError) -> CharacterTest? {
        var end = position + 2
        while end < pattern.count, pattern[end] != ":", pattern[end] != "]" { end += 1 }
        guard end + 1 < pattern.count, pattern[end] == ":", pattern[end + 1] == "]" else { return nil }
        var name = ""
        for scalar in pattern[(position + 2)..<end] { name.unicodeScalars.append(scalar) }
        let isNegated = name.hasPrefix("^")
        guard let test = CharacterTest(posix: isNegated ? String(name.dropFirst()) : name) else {
            throw bad("an unknown character class")
        }
        position = end + 2
        return isNegated ? test.complement : test
    }
}
