// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder in the form of ONNX's backend tests: `model.onnx` and `test_data_set_*`.
public struct ConformanceCase: Sendable {
    /// The folder's name.
    public var name: String
    /// The folder's path.
    public var path: String
    /// The data sets' paths, sorted.
    public var dataSets: [String]

    /// The model's path.
    public var modelPath: String { path + "/model.onnx" }

    /// Finds the cases at or below a folder, sorted by path.
    ///
    /// - Throws: ``ConformanceError`` when the folder cannot be read.
    public static func find(under path: String) throws -> [ConformanceCase] {
        var cases: [ConformanceCase] = []
        try collect(path, depth: 0, into: &cases)
        return cases.sorted { $0.path < $1.path }
    }

    private static func collect(_ path: String, depth: Int, into cases: inout [ConformanceCase]) throws {
        let entries = try Folder.entries(path)
        if entries.contains("model.onnx") {
            let sets = entries.filter { $0.hasPrefix("test_data_set_") }.sorted().map { path + "/" + $0 }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            cases.append(ConformanceCase(name: name, path: path, dataSets: sets))
            return
        }
        guard depth < 4 else { return }
        for entry in entries where Folder.isFolder(path + "/" + entry) {
            try collect(path + "/" + entry, depth: depth + 1, into: &cases)
        }
    }
}

/// What went wrong outside the cases themselves.
public struct ConformanceError: Error, CustomStringConvertible {
    /// What was expected and what was there.
    public var description: String
}

enum Folder {
    static func entries(_ path: String) throws -> [String] {
        guard let folder = unsafe opendir(path) else {
            throw ConformanceError(description: "cannot read the folder '\(path)'")
        }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            // SAFETY: d_name is a NUL-terminated array inside the entry, which lives until the next readdir.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
