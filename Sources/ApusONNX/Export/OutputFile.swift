// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Glibc
import Synchronization

/// Writes files that appear complete or not at all.
package enum OutputFile {
    private static let count = Atomic<Int>(0)

    /// Writes a text.
    ///
    /// - Throws: ``ExportError`` with code `file`.
    package static func write(text: String, to path: String) throws(ExportError) {
        try write([.bytes(Array(text.utf8))], to: path)
    }

    /// Writes the parts one behind the other; a durable file has reached the disk before it gets its name.
    static func write(_ parts: [WireWriter.Part], to path: String, isDurable: Bool = false) throws(ExportError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw ExportError(.file, "'\(path)' is no file name") }
        let isReplaced = isSpecial(path) == false
        let number = count.add(1, ordering: .relaxed).newValue
        let target = isReplaced ? "\(path).\(getpid()).\(number).part" : path
        // SAFETY: all strings are valid C strings for their calls; the descriptor is closed once.
        let descriptor = unsafe open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        var isComplete = false
        defer { if isReplaced, !isComplete { _ = unsafe unlink(target) } }
        do throws(ExportError) {
            for part in parts {
                switch part {
                case .bytes(let bytes): try unsafe write(bytes.span.bytes, to: descriptor, path)
                case .tensor(let tensor): try write(tensor.bytes, to: descriptor, path)
                }
            }
            if isDurable, isReplaced { guard fsync(descriptor) == 0 else { throw failure(path) } }
        } catch {
            _ = close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw failure(path) }
        if isReplaced { guard unsafe rename(target, path) == 0 else { throw failure(path) } }
        isComplete = true
        if isDurable, isReplaced { synchronizeFolder(of: path) }
    }

    /// Makes a new name in a folder last; file systems that cannot do that for folders do it in time.
    private static func synchronizeFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        // SAFETY: the string is a valid C string for the call; the descriptor is closed once.
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        _ = close(descriptor)
    }

    /// Whether the path is a device or pipe, which is written as it is.
    private static func isSpecial(_ path: String) -> Bool {
        var status = stat()
        // SAFETY: the string is a valid C string and the status lives on this stack during the call.
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    private static func write(_ bytes: RawSpan, to descriptor: Int32, _ path: String) throws(ExportError) {
        // SAFETY: the pointer stays within the buffer, which is only read during the call.
        let isWritten = unsafe bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count, let start = buffer.baseAddress {
                let count = unsafe Glibc.write(descriptor, start + position, min(buffer.count - position, 1 << 30))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                position += count
            }
            return true
        }
        guard isWritten else { throw failure(path) }
    }

    private static func failure(_ path: String) -> ExportError {
        ExportError(.file, FileError(errno: errno, path: path).description)
    }
}
