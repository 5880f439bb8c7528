// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Rules for names that become parts of paths.
package enum ModelName {
    /// What is wrong with a model's name; nil for a good one.
    package static func mistake(_ name: String) -> String? {
        if name.isEmpty { return "the name of a model is empty" }
        if name.utf8.count > 255 { return "the name of a model has \(name.utf8.count) bytes, at most 255 are allowed" }
        if name.hasPrefix(".") { return "the name '\(name)' begins with a dot" }
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") })
        {
            return "the name '\(printable(name))' of a model has a slash or a control character in it"
        }
        return nil
    }

    /// What is wrong with the path of a file below a model's folder; nil for a good one.
    package static func pathMistake(_ path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if path.isEmpty || path.utf8.count > 1_024 { return "the name of a file has \(path.utf8.count) bytes" }
        if path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            return "the name '\(printable(path))' of a file has a control character in it"
        }
        if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            return "the name '\(path)' of a file leads out of the model's folder"
        }
        return nil
    }

    /// The number of a version folder; nil for a folder that is none.
    package static func version(_ folder: String) -> Int64? {
        guard let first = folder.utf8.first, first != UInt8(ascii: "0"),
            folder.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(folder)
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(64).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : Character($0) })
    }
}
