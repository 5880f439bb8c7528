// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder that goes with everything in it when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/apus-repository-XXXXXX".utf8CString)
        // SAFETY: the template is this function's own and ends in a zero; what the system gives is freed once.
        let whole = unsafe template.withUnsafeMutableBufferPointer { buffer -> UnsafeMutablePointer<CChar>? in
            guard let start = buffer.baseAddress, unsafe mkdtemp(start) != nil else { return nil }
            return unsafe realpath(start, nil)
        }
        path = unsafe whole.map { unsafe String(cString: $0) } ?? "/nonexistent"
        unsafe free(whole)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        var status = stat()
        // SAFETY: paths are C strings during the calls, and the directory is open until closed here.
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR, let directory = unsafe opendir(path) else {
            unsafe unlink(path)
            return
        }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        unsafe closedir(directory)
        unsafe rmdir(path)
    }

    /// Removes something in the folder.
    func remove(_ name: String) { Self.remove("\(path)/\(name)") }

    /// What a file holds; empty where there is none.
    func text(_ name: String) -> String {
        // SAFETY: the file is open until closed here, and is read into memory of the stated size.
        guard let file = unsafe fopen("\(path)/\(name)", "rb") else { return "" }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while case let count = unsafe fread(&part, 1, part.count, file), count > 0 {
            bytes.append(contentsOf: part[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes a file and the folders above it.
    func write(_ name: String, _ bytes: [UInt8]) {
        makeFolders(name)
        // SAFETY: the file is open until closed here, and the bytes are read within the call.
        guard let file = unsafe fopen("\(path)/\(name)", "wb") else { return }
        unsafe fwrite(bytes, 1, bytes.count, file)
        unsafe fclose(file)
    }

    func write(_ name: String, _ text: String) { write(name, Array(text.utf8)) }

    func makeFolder(_ name: String) { makeFolders(name + "/") }

    /// Makes a link in the folder to any path.
    func link(_ name: String, to target: String) {
        makeFolders(name)
        // SAFETY: both are C strings during the call.
        unsafe symlink(target, "\(path)/\(name)")
    }

    /// Moves something of the folder to any path, in one step.
    func move(_ name: String, to target: String) {
        // SAFETY: both are C strings during the call.
        unsafe _ = rename("\(path)/\(name)", target)
    }

    private func makeFolders(_ name: String) {
        var folder = path
        for part in name.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
            folder += "/\(part)"
            // SAFETY: the path is a C string during the call.
            unsafe mkdir(folder, 0o755)
        }
    }
}
