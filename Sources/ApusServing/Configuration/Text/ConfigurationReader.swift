// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol
import SwiftProtobuf

/// Reads configurations as text and as JSON, and says what is wrong in them and where.
package enum ConfigurationReader {
    /// A configuration as it was written, before anything is completed.
    package struct Document: Sendable {
        /// What it says.
        package var message = Inference_ModelConfig()
        /// The file, or what it came with.
        package var origin: String
        /// The line of each field by its path, such as `input[0].dims`; empty for JSON.
        package var lines: [String: Int] = [:]
        /// Whether the largest batch is given: 0 may be meant or left out.
        package var givesMaxBatchSize = false

        /// A configuration that says nothing.
        package init(origin: String) { self.origin = origin }

        /// A mistake at the given field, or at the nearest field around it that has a line.
        func mistake(at path: String, _ message: String, fix: String? = nil) -> ConfigurationMistake {
            var place = Substring(path)
            while lines[String(place)] == nil, let cut = place.lastIndex(where: { $0 == "." || $0 == "[" }) {
                place = place[..<cut]
            }
            return ConfigurationMistake(origin: origin, line: lines[String(place)], message: message, fix: fix)
        }
    }

    /// The most bytes a configuration may have.
    package static let largest = 4 << 20

    /// Reads a `config.pbtxt`.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    package static func read(text: [UInt8], origin: String) throws(ConfigurationError) -> Document {
        try checkSize(text.count, origin)
        var document = Document(origin: origin)
        guard let string = String(validating: text, as: UTF8.self) else {
            throw ConfigurationError(mistakes: [notText(text, origin)])
        }
        let diagnosis = ConfigurationDiagnosis(text, origin: origin)
        do {
            document.message = try Inference_ModelConfig(textFormatString: string)
        } catch {
            var mistakes = diagnosis.mistakes + diagnosis.repetitions
            if mistakes.isEmpty {
                mistakes = [ConfigurationMistake(origin: origin, message: "the text is not a configuration: \(error)")]
            }
            throw ConfigurationError(mistakes: mistakes)
        }
        guard diagnosis.repetitions.isEmpty else { throw ConfigurationError(mistakes: diagnosis.repetitions) }
        document.lines = diagnosis.lines
        document.givesMaxBatchSize = diagnosis.lines["max_batch_size"] != nil
        return document
    }

    /// Reads a configuration written as JSON, with either spelling of the field names.
    ///
    /// - Throws: ``ConfigurationError``.
    package static func read(json: String, origin: String) throws(ConfigurationError) -> Document {
        try checkSize(json.utf8.count, origin)
        var document = Document(origin: origin)
        do {
            document.message = try Inference_ModelConfig(jsonString: json)
        } catch {
            throw ConfigurationError(mistakes: [explain(error, origin)])
        }
        document.givesMaxBatchSize =
            document.message.maxBatchSize != 0
            || ["\"max_batch_size\"", "\"maxBatchSize\""].contains { json.contains($0) }
        return document
    }

    private static func checkSize(_ count: Int, _ origin: String) throws(ConfigurationError) {
        guard count > largest else { return }
        throw ConfigurationError(mistakes: [
            ConfigurationMistake(origin: origin, message: "\(count) bytes are too many, at most \(largest) are read")
        ])
    }

    private static func notText(_ bytes: [UInt8], _ origin: String) -> ConfigurationMistake {
        var line = 1
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { break }
            line += 1
        }
        return ConfigurationMistake(origin: origin, line: line, message: "the line is not UTF-8")
    }

    private static func explain(_ error: any Error, _ origin: String) -> ConfigurationMistake {
        guard let error = error as? JSONDecodingError else {
            return ConfigurationMistake(origin: origin, message: "the JSON is not a configuration: \(error)")
        }
        func mistake(_ message: String, _ fix: String? = nil) -> ConfigurationMistake {
            ConfigurationMistake(origin: origin, message: message, fix: fix)
        }
        switch error {
        case .unknownField(let name):
            let names = Set(ConfigurationSchema.model.messages.values.joined().map(\.name))
            let near = Spelling.nearest(name, in: names.sorted())
            return mistake("a model configuration has no field '\(name)'", near.map { "did you mean '\($0)'?" })
        case .unrecognizedEnumValue: return mistake("a name of a type, kind or action is unknown", "as in TYPE_FP32")
        case .numberRange, .malformedNumber: return mistake("a number is malformed or out of its field's range")
        case .schemaMismatch, .malformedMap, .malformedBool, .malformedString, .illegalNull:
            return mistake("a value does not have its field's type (\(error))")
        case .conflictingOneOf: return mistake("two fields are given that exclude each other", "remove one of them")
        case .truncated: return mistake("the JSON ends too early")
        case .messageDepthLimit: return mistake("messages are nested deeper than 100")
        default: return mistake("the JSON is malformed (\(error))")
        }
    }
}
