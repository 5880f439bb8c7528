// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Glibc

/// Writes files that appear complete or not at all.
enum OutputFile {
    static func write(_ parts: [WireWriter.Part], to path: String) throws(ExportError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw ExportError(.file, "'\(path)' is no file name") }
        let isReplaced = isSpecial(path) == false
        let target = isReplaced ? "\(path).\(getpid()).part" : path
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
        } catch {
            _ = close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw failure(path) }
        if isReplaced { guard unsafe rename(target, path) == 0 else { throw failure(path) } }
        isComplete = true
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
