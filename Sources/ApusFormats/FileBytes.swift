// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Whole files in and out of memory.
package enum FileBytes {
    /// The most bytes a file may have unless told otherwise: 16 GiB.
    package static let defaultLimit = 16 << 30

    /// Reads a file.
    ///
    /// - Throws: ``FormatError`` with code `file` or `limit`, naming the path.
    package static func read(_ path: String, limit: Int = defaultLimit) throws(FormatError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("cannot read", path) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw FormatError(.file, "\(path) is a folder") }
        var bytes: [UInt8] = []
        if status.st_size > 0 {
            guard status.st_size <= limit else {
                throw FormatError(.limit, "\(path) has \(status.st_size) bytes, more than the limit of \(limit)")
            }
            bytes.reserveCapacity(Int(status.st_size))
        }
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // SAFETY: the kernel writes at most block.count bytes into the array's own memory.
            let count = unsafe block.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot read", path) }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= limit else {
                throw FormatError(.limit, "\(path) has more bytes than the limit of \(limit)")
            }
            bytes.append(contentsOf: block[..<count])
        }
    }

    /// Writes a file, replacing what was there.
    ///
    /// - Throws: ``FormatError`` with code `file`, naming the path.
    package static func write(_ bytes: [UInt8], to path: String) throws(FormatError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("cannot write", path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            // SAFETY: the kernel reads only the bytes of the slice.
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot write", path) }
            written += count
        }
    }

    /// Whether something is at the path.
    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func failure(_ what: String, _ path: String) -> FormatError {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        return FormatError(.file, "\(what) \(path): \(reason)")
    }
}
