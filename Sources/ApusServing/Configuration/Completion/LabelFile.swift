// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Reads the names of an output's indices: one a line.
package enum LabelFile {
    /// The most labels that are read.
    package static let mostLabels = 1_000_000

    /// The labels in a file's bytes.
    ///
    /// - Throws: ``ConfigurationError`` when a line is not UTF-8 or there are too many.
    package static func labels(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> [String] {
        var labels: [String] = []
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        guard lines.count <= mostLabels else {
            throw ConfigurationError(mistakes: [
                ConfigurationMistake(
                    origin: file, message: "\(lines.count) labels are too many, at most \(mostLabels) are read")
            ])
        }
        for (index, line) in lines.enumerated() {
            let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let label = String(validating: text, as: UTF8.self) else {
                throw ConfigurationError(mistakes: [
                    ConfigurationMistake(origin: file, line: index + 1, message: "the label is not UTF-8")
                ])
            }
            labels.append(label)
        }
        return labels
    }
}
