// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusLoader
import Glibc

/// Looks for a shared library where users keep it, and remembers where it looked.
struct LibrarySearch {
    /// What people call the library.
    let name: String
    /// The file's name without a version, such as `libonnxruntime.so`.
    let fileName: String
    /// The environment variable that names the file.
    let variable: String
    /// The folder of the PyPI package below `site-packages`.
    let packageFolder: String

    /// Loads the library; a path, from the caller or the environment, is the only one tried.
    func open(_ path: String?) throws(NativeBackendError) -> UnsafeMutableRawPointer {
        let chosen = path ?? LibrarySearch.environment(variable)
        let folders = chosen == nil ? packageFolders + systemFolders : []
        var failures: [String] = []
        for candidate in chosen.map({ [$0] }) ?? folders.flatMap(versions) + [fileName, fileName + ".1"] {
            var message = [CChar](repeating: 0, count: 1024)
            // SAFETY: the strings are valid C strings and the buffer has the capacity given.
            if let library = unsafe apus_library_open(candidate, &message, message.count) { return unsafe library }
            let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            failures.append(text.contains(candidate) ? text : "\(candidate): \(text)")
        }
        let places = failures + folders.filter { versions(in: $0).isEmpty }.map { "\($0)/\(fileName)*: nothing there" }
        let source = path == nil && chosen != nil ? " from \(variable)" : ""
        throw NativeBackendError(
            .library,
            "\(name) cannot be loaded\(source); give the path of \(fileName), or set \(variable). Looked for:"
                + places.map { "\n  " + $0 }.joined())
    }

    /// Where PyPI packages lie: the active environment's, one in the current folder, the user's, the system's.
    private var packageFolders: [String] {
        var folders: [String] = []
        for root in [environmentFolder, ".venv", "venv", homeFolder.map { $0 + "/.local" }, "/usr/local", "/usr"] {
            guard let root else { continue }
            for version in LibrarySearch.entries(root + "/lib").filter({ $0.hasPrefix("python3") }).sorted(by: >) {
                for kind in ["site-packages", "dist-packages"] {
                    folders.append("\(root)/lib/\(version)/\(kind)/\(packageFolder)")
                }
            }
        }
        return folders
    }

    private var environmentFolder: String? {
        LibrarySearch.environment("VIRTUAL_ENV") ?? LibrarySearch.environment("CONDA_PREFIX")
    }

    private var homeFolder: String? { LibrarySearch.environment("HOME") }

    private var systemFolders: [String] {
        ["/usr/local/lib", "/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
    }

    private func versions(in folder: String) -> [String] {
        LibrarySearch.entries(folder).filter { $0 == fileName || $0.hasPrefix(fileName + ".") }.sorted()
            .map { folder + "/" + $0 }
    }

    private static func environment(_ name: String) -> String? {
        // SAFETY: the string is a valid C string; the value is copied at once.
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func entries(_ folder: String) -> [String] {
        // SAFETY: the folder is closed once, and each name is copied before the next is read.
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { _ = unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                })
        }
        return names
    }
}
