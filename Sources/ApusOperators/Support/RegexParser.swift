// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Reads a regular expression in RE2's syntax.
struct RegexParser {
    /// The settings `i`, `m` and `s`.
    struct Flags {
        var ignoresCase = false
        var matchesLines = false
        var dotMatchesNewline = false
    }

    let pattern: [Unicode.Scalar]
    var position = 0
    var flags = Flags()
    private var depth = 0

    init(_ pattern: String) { self.pattern = Array(pattern.unicodeScalars) }

    /// The whole pattern.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` for bad syntax, `unsupported` for what is left out.
    mutating func parse() throws(ComputeError) -> RegexNode {
        let node = try alternation()
        if position < pattern.count { throw bad("an unmatched ')'") }
        return node
    }

    func bad(_ what: String) -> ComputeError { .attribute("the pattern has \(what) at character \(position)") }

    var peek: Unicode.Scalar? { position < pattern.count ? pattern[position] : nil }

    func follows(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        return position + scalars.count <= pattern.count
            && pattern[position..<(position + scalars.count)].elementsEqual(scalars)
    }

    mutating func take(_ text: String) -> Bool {
        guard follows(text) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    private mutating func alternation() throws(ComputeError) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 200 else { throw .unsupported("a pattern nested more than 200 deep") }
        let outer = flags
        defer { flags = outer }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(ComputeError) -> RegexNode {
        var parts: [RegexNode] = []
        while let next = peek, next != "|", next != ")" {
            if take("\\Q") {
                while position < pattern.count, !take("\\E") {
                    parts.append(literal(pattern[position]))
                    position += 1
                }
                if let last = parts.popLast() { parts.append(try repeated(last)) }
                continue
            }
            if take("\\E") { continue }
            guard let atom = try atom() else { continue }
            parts.append(try repeated(atom))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated(_ atom: RegexNode) throws(ComputeError) -> RegexNode {
        guard let (least, most) = try repetition() else { return atom }
        _ = take("?")
        if try repetition() != nil { throw bad("a repetition of a repetition") }
        return .repetition(atom, least: least, most: most)
    }

    private mutating func repetition() throws(ComputeError) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = position
        guard take("{"), let least = number() else {
            position = start
            return nil
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else {
            position = start
            return nil
        }
        guard least <= 1000, most ?? 0 <= 1000, most.map({ $0 >= least }) ?? true else {
            throw bad("a repetition count out of range")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = peek, CharacterTest.digits.contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 0x30), 1_000_000)
            position += 1
        }
        return value
    }

    func literal(_ scalar: Unicode.Scalar) -> RegexNode { node(CharacterTest([scalar.value...scalar.value])) }

    /// A set of characters, settled and folded as the flags say.
    func node(_ test: CharacterTest) -> RegexNode {
        var test = test
        if flags.ignoresCase { test.foldCase() }
        test.settle()
        return .character(test)
    }

    /// The next character, set, assertion or group; nil for one that only changes flags.
    private mutating func atom() throws(ComputeError) -> RegexNode? {
        let next = pattern[position]
        switch next {
        case "*", "+", "?": throw bad("nothing to repeat")
        case "(": return try group()
        case "[": return node(try bracket())
        case "\\": return try escape()
        default: break
        }
        position += 1
        switch next {
        case ".":
            return node(
                CharacterTest(flags.dotMatchesNewline ? [0...CharacterTest.last] : [0...9, 11...CharacterTest.last]))
        case "^": return .assertion(flags.matchesLines ? .lineStart : .textStart)
        case "$": return .assertion(flags.matchesLines ? .lineEnd : .textEnd)
        default: return literal(next)
        }
    }

    private mutating func group() throws(ComputeError) -> RegexNode? {
        _ = take("(")
        var inner = flags
        if take("?") {
            if follows("=") || follows("!") || follows("<=") || follows("<!") || follows(">") {
                throw .unsupported("a pattern that looks around or is atomic, at character \(position)")
            }
            if take("P<") || take("<") {
                while let next = peek, CharacterTest.wordCharacters.contains(next) { position += 1 }
                guard take(">") else { throw bad("a group with a bad name") }
            } else {
                inner = try flagGroup()
                if take(")") {
                    flags = inner
                    return nil
                }
                guard take(":") else { throw bad("a group with bad flags") }
            }
        }
        let outer = flags
        flags = inner
        let node = try alternation()
        flags = outer
        guard take(")") else { throw bad("a group without an end") }
        return node
    }

    private mutating func flagGroup() throws(ComputeError) -> Flags {
        var result = flags
        var value = true
        while let next = peek, next != ":", next != ")" {
            position += 1
            switch next {
            case "i": result.ignoresCase = value
            case "m": result.matchesLines = value
            case "s": result.dotMatchesNewline = value
            case "U": break
            case "-" where value: value = false
            default: throw bad("an unknown flag")
            }
        }
        return result
    }
}
