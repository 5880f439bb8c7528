// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Reads protobuf's text format beside the library that decides, to say where things stand and what is wrong.
///
/// The library tells that a text is wrong but not where. This reader finds the place, and the fields that are given
/// twice, which the library lets pass.
package struct ConfigurationDiagnosis {
    /// What is wrong, if the text is wrong at all.
    package private(set) var mistakes: [ConfigurationMistake] = []
    /// Fields that are given twice: wrong in any case.
    package private(set) var repetitions: [ConfigurationMistake] = []
    /// The line of each field by its path, such as `input[0].dims`.
    package private(set) var lines: [String: Int] = [:]

    private let origin: String
    private let schema = ConfigurationSchema.model
    private var tokens: ConfigurationTokens
    private var isOver = false
    /// Deeper than this, the library refuses as well.
    private static let deepest = 100
    private static let mostMistakes = 20

    package init(_ text: [UInt8], origin: String) {
        self.origin = origin
        tokens = ConfigurationTokens(text)
        readMessage(ConfigurationSchema.root, path: "", end: nil, opened: nil, depth: 0)
    }

    private mutating func record(_ token: ConfigurationTokens.Token, _ message: String, _ fix: String? = nil) {
        guard mistakes.count < Self.mostMistakes else {
            isOver = true
            return
        }
        mistakes.append(
            ConfigurationMistake(
                origin: origin, line: token.line, column: token.column, message: message, fix: fix))
    }

    /// Records what no reading can go on after.
    private mutating func stop(_ token: ConfigurationTokens.Token, _ message: String, _ fix: String? = nil) {
        if !isOver { record(token, message, fix) }
        isOver = true
    }

    // MARK: Messages

    private mutating func readMessage(
        _ type: String, path: String, end: Unicode.Scalar?, opened: ConfigurationTokens.Token?, depth: Int
    ) {
        let fields = schema.messages[type] ?? []
        var given: [String: ConfigurationTokens.Token] = [:]
        var counts: [String: Int] = [:]
        var choices: [Int: String] = [:]
        while !isOver {
            let token = tokens.take()
            if token.kind == .end {
                if let opened {
                    stop(token, "the file ends inside '\(path)', opened in line \(opened.line)", "add '}'")
                }
                return
            }
            if let end, token.isSign(end) { return }
            guard token.kind == .identifier else { return unexpected(token, path: path, before: end) }
            guard let field = fields.first(where: { $0.name == token.text }) else {
                unknown(token, fields: fields, path: path)
                skipValue(depth: depth)
                separate()
                continue
            }
            note(field, token, &given, &choices)
            let single = path.isEmpty ? field.name : "\(path).\(field.name)"
            if lines[single] == nil { lines[single] = token.line }
            readValues(field, single, token, &counts[field.name, default: 0], depth: depth)
            separate()
        }
    }

    /// Remembers that a field is given, and records it when it must not be.
    private mutating func note(
        _ field: ConfigurationSchema.Field, _ token: ConfigurationTokens.Token,
        _ given: inout [String: ConfigurationTokens.Token], _ choices: inout [Int: String]
    ) {
        guard !field.isRepeated else { return }
        if let first = given[field.name] {
            repetitions.append(
                ConfigurationMistake(
                    origin: origin, line: token.line, column: token.column,
                    message: "'\(field.name)' is given again, first in line \(first.line)", fix: "remove one of them"))
        }
        given[field.name] = token
        guard let choice = field.choice else { return }
        if let other = choices[choice], other != field.name {
            record(token, "'\(field.name)' excludes '\(other)', which is given as well", "remove one of them")
        }
        choices[choice] = field.name
    }

    private mutating func separate() {
        if tokens.next.isSign(",") || tokens.next.isSign(";") { _ = tokens.take() }
    }

    private mutating func unexpected(
        _ token: ConfigurationTokens.Token, path: String, before end: Unicode.Scalar?
    ) {
        if token.kind == .wrong { return broken(token) }
        if token.kind == .number || token.kind == .string {
            return stop(
                token, "expected the name of a field, found \(token.text)",
                "several values of a field are written in brackets: [ 1, 2 ]")
        }
        let close = end.map { " or '\($0)'" } ?? ""
        let inside = path.isEmpty ? "" : " in '\(path)'"
        stop(token, "expected the name of a field\(close)\(inside), found '\(token.text)'")
    }

    private mutating func broken(_ token: ConfigurationTokens.Token) {
        if token.text.hasPrefix("\"") || token.text.hasPrefix("'") {
            return stop(
                token, "the text \(token.text.prefix(40)) does not end in its line", "add \(token.text.prefix(1))")
        }
        stop(token, "'\(token.text)' belongs nowhere here")
    }

    private mutating func unknown(
        _ token: ConfigurationTokens.Token, fields: [ConfigurationSchema.Field], path: String
    ) {
        let place = path.isEmpty ? "a model configuration" : "'\(path)'"
        let message = "\(place) has no field '\(token.text)'"
        if let near = Spelling.nearest(token.text, in: fields.map(\.name)) {
            return record(token, message, "did you mean '\(near)'?")
        }
        let owners = schema.owners(of: token.text)
        if !owners.isEmpty { return record(token, message, "it belongs into \(owners.joined(separator: " or "))") }
        record(token, message, "there are \(fields.map(\.name).joined(separator: ", "))")
    }

    // MARK: Values

    private mutating func readValues(
        _ field: ConfigurationSchema.Field, _ path: String, _ name: ConfigurationTokens.Token, _ count: inout Int,
        depth: Int
    ) {
        var isMessage = false
        if case .message = field.kind { isMessage = true }
        if tokens.next.isSign(":") {
            _ = tokens.take()
        } else if !isMessage {
            return stop(name, "'\(field.name)' has no value", "write \(field.name): \(example(field.kind))")
        }
        guard tokens.next.isSign("[") else {
            readValue(field, field.isRepeated ? "\(path)[\(count)]" : path, name, depth: depth)
            count += 1
            return
        }
        let open = tokens.take()
        if !field.isRepeated { record(open, "'\(field.name)' takes one value, found a list", "remove the brackets") }
        if tokens.next.isSign("]") {
            _ = tokens.take()
            return
        }
        while !isOver {
            readValue(field, "\(path)[\(count)]", name, depth: depth)
            count += 1
            if isOver { return }
            let token = tokens.take()
            if token.isSign("]") { return }
            if !token.isSign(",") {
                let found = token.kind == .end ? "the end of the file" : "'\(token.text)'"
                return stop(token, "expected ',' or ']' in the list of '\(field.name)', found \(found)")
            }
        }
    }

    private mutating func readValue(
        _ field: ConfigurationSchema.Field, _ path: String, _ name: ConfigurationTokens.Token, depth: Int
    ) {
        let token = tokens.take()
        if token.kind == .wrong { return broken(token) }
        if token.kind == .end {
            return stop(token, "the file ends after '\(field.name)'", "write \(field.name): \(example(field.kind))")
        }
        guard case .message(let type) = field.kind else { return readScalar(field, token) }
        guard token.isSign("{") || token.isSign("<") else {
            record(token, "'\(field.name)' holds fields, found \(token.text)", "write \(field.name) { ... }")
            return
        }
        guard depth < Self.deepest else { return stop(token, "messages are nested deeper than \(Self.deepest)") }
        lines[path] = lines[path] ?? name.line
        readMessage(type, path: path, end: token.isSign("{") ? "}" : ">", opened: token, depth: depth + 1)
    }

    private mutating func readScalar(_ field: ConfigurationSchema.Field, _ token: ConfigurationTokens.Token) {
        if case .sign(let sign) = token.kind {
            let isOpen = sign == UInt8(ascii: "{") || sign == UInt8(ascii: "<")
            return stop(
                token, "'\(field.name)' is \(words(field.kind)), found '\(token.text)'",
                isOpen ? "write \(field.name): \(example(field.kind))" : nil)
        }
        if field.kind == .text {
            while tokens.next.kind == .string { _ = tokens.take() }
        }
        guard let wrong = ConfigurationScalar.mistake(token, field, schema) else { return }
        record(token, "'\(field.name)' is \(words(field.kind)), found \(token.text)", wrong.fix)
    }

    private mutating func skipValue(depth: Int) {
        if tokens.next.isSign(":") { _ = tokens.take() }
        var open = 0
        repeat {
            let token = tokens.take()
            switch token.kind {
            case .end: return
            case .wrong: return broken(token)
            case .sign(let sign):
                let letter = Unicode.Scalar(sign)
                if "{[<".unicodeScalars.contains(letter) { open += 1 }
                if "}]>".unicodeScalars.contains(letter) { open -= 1 }
            default: break
            }
        } while open > 0
        while tokens.next.kind == .string { _ = tokens.take() }
    }

    private func words(_ kind: ConfigurationSchema.Kind) -> String { ConfigurationScalar.words(kind, schema) }

    private func example(_ kind: ConfigurationSchema.Kind) -> String { ConfigurationScalar.example(kind, schema) }
}
