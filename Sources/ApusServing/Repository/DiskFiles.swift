// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads files of the machine.
package struct DiskFiles: FileReader {
    /// Makes a reader.
    package init() {}

    package func names(in folder: String) throws(ServingError) -> [String] {
        guard !folder.utf8.contains(0), let directory = unsafe opendir(folder) else {
            throw ServingError(.internal, "the folder '\(folder)' cannot be read: \(Self.reason)")
        }
        // SAFETY: the directory is open until the end of this function, and an entry until the next is asked for.
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    package func status(_ path: String) -> FileStatus? {
        var status = stat()
        // SAFETY: the string is a valid C string and the status lives on this stack during the call.
        guard !path.utf8.contains(0), unsafe stat(path, &status) == 0 else { return nil }
        let kind: FileStatus.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        let seconds = Int64(status.st_mtim.tv_sec)
        return FileStatus(
            kind: kind, byteCount: kind == .file ? Int(status.st_size) : 0,
            modified: seconds &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec), identity: UInt64(status.st_ino))
    }

    package func resolved(_ path: String) -> String? {
        // SAFETY: the string is a valid C string for the call; the result is copied and freed once.
        guard !path.utf8.contains(0), let whole = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(whole) }
        return unsafe String(cString: whole)
    }

    package func read(_ path: String, atMost largest: Int) throws(ServingError) -> [UInt8] {
        guard !path.utf8.contains(0), let file = unsafe fopen(path, "rbe") else {
            throw ServingError(.internal, "'\(path)' cannot be read: \(Self.reason)")
        }
        // SAFETY: the file is open until the end of this function, and each block is this function's own.
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&block, 1, block.count, file)
            guard count > 0 else { break }
            guard bytes.count + count <= largest else {
                throw ServingError(.internal, "'\(path)' has more than \(largest) bytes")
            }
            bytes += block[..<count]
        }
        guard unsafe ferror(file) == 0 else {
            throw ServingError(.internal, "'\(path)' cannot be read: \(Self.reason)")
        }
        return bytes
    }

    private static var reason: String {
        // SAFETY: the text of an error stays until this thread asks for another.
        unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
    }
}
