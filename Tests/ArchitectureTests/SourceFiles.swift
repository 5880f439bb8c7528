// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The repository's own files, read as text.
enum SourceFiles {
    /// A file with its path below the repository's root.
    struct File: Sendable {
        var path: String
        var lines: [Substring]

        /// The room it is in: the folder below Sources or Tests.
        var room: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
        /// Whether a tool wrote it: such code is neither measured nor read.
        var isGenerated: Bool { path.contains("/Generated/") }
        var name: String { path.split(separator: "/").last.map(String.init) ?? "" }
    }

    /// The folder that holds Package.swift.
    static let root = String(#filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined())

    /// Every file below a folder of the repository with one of the given endings.
    static func files(below folder: String, endings: [String] = [".swift"]) -> [File] {
        guard let directory = unsafe opendir("\(root)/\(folder)") else { return [] }
        defer { unsafe closedir(directory) }
        var found: [File] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix(".") else { continue }
            let path = "\(folder)/\(name)"
            if unsafe entry.pointee.d_type == UInt8(DT_DIR) {
                found += files(below: path, endings: endings)
            } else if endings.contains(where: name.hasSuffix) {
                found.append(
                    File(path: path, lines: text(path).split(separator: "\n", omittingEmptySubsequences: false)))
            }
        }
        return found.sorted { $0.path < $1.path }
    }

    private static func text(_ path: String) -> String {
        guard let file = unsafe fopen("\(root)/\(path)", "r") else { return "" }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&block, 1, block.count, file)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += block[..<count]
        }
    }
}
