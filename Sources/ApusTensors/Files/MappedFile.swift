// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusFiles
import Glibc

/// A regular file mapped read-only for as long as the object lives.
///
/// At least 64 zero bytes may be read behind the end, as behind every tensor's memory. When somebody cuts the file
/// short while it is mapped, reads behind its new end give zeros, and ``isDamaged`` tells.
@safe
package final class MappedFile: @unchecked Sendable {
    // Sendable: the mapping is never written and is unmapped once, in deinit.

    /// The path the file was opened by.
    package let path: String
    /// The size of the file when it was mapped.
    package let byteCount: Int
    private let base: UnsafeMutableRawPointer
    private let mappedByteCount: Int
    private let guardNumber: Int32

    /// Maps the file at a path.
    ///
    /// - Throws: ``FileError`` when the file is missing, empty, unreadable or not a regular file.
    package convenience init(path: String) throws(FileError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FileError(.missing, path: path, "this is no file name")
        }
        // SAFETY: the string is a valid C string for the call; a pipe does not block the open.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError(errno: errno, path: path) }
        defer { _ = close(descriptor) }
        try self.init(descriptor: descriptor, path: path)
    }

    /// Maps an open file; the descriptor may be closed afterwards.
    ///
    /// - Throws: ``FileError`` as ``init(path:)``.
    package init(descriptor: Int32, path: String) throws(FileError) {
        var status = stat()
        // SAFETY: the status lives on this stack during the call.
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError(errno: errno, path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device, socket or pipe"
            throw FileError(.notRegular, path: path, "expected a regular file, this is \(kind)")
        }
        let size = Int(status.st_size)
        guard size > 0 else { throw FileError(.empty, path: path, "the file is empty") }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let (padded, overflow) = size.addingReportingOverflow(64 + page - 1)
        guard !overflow else { throw FileError(.unreadable, path: path, "the file is too large to map") }
        let total = padded / page * page
        // SAFETY: a fresh range of zero pages is reserved, and the file is laid over its beginning.
        let reserved = unsafe mmap(nil, total, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let reserved = unsafe reserved, unsafe reserved != MAP_FAILED else {
            throw FileError(errno: errno, path: path)
        }
        let mapped = unsafe mmap(reserved, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor, 0)
        guard unsafe mapped == reserved else {
            let number = errno
            _ = unsafe munmap(reserved, total)
            throw FileError(errno: number, path: path)
        }
        self.path = path
        byteCount = size
        unsafe base = reserved
        mappedByteCount = total
        guardNumber = unsafe apus_guard_add(reserved, total)
    }

    deinit {
        apus_guard_remove(guardNumber)
        // SAFETY: the range was mapped in init and is used only through objects that keep self alive.
        _ = unsafe munmap(base, mappedByteCount)
    }

    /// Gives back the memory of the pages read so far; they come again from the file when they are read again.
    package func releasePages() {
        // SAFETY: the range was mapped in init; it was never written, so that nothing in it can be lost.
        _ = unsafe madvise(base, mappedByteCount, MADV_DONTNEED)
    }

    /// Whether something was read that the file no longer held.
    package var isDamaged: Bool { apus_guard_is_damaged(guardNumber) != 0 }

    /// Whether any file of this process was ever found damaged.
    package static var isAnyDamaged: Bool { apus_guard_any_damage() != 0 }

    /// The whole file as memory that tensors can share; it keeps the mapping alive.
    package var storage: TensorStorage {
        // SAFETY: the mapping holds byteCount bytes until deinit, which the storage's reference delays.
        unsafe TensorStorage(borrowing: base, byteCount: byteCount, owner: self)
    }
}

extension FileError {
    /// The error behind an error number of the system.
    package init(errno number: Int32, path: String) {
        let code: Code = number == ENOENT || number == ENOTDIR ? .missing : .unreadable
        // SAFETY: strerror returns a C string that is valid until the next call; it is copied at once.
        let message = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
        self.init(code, path: path, message)
    }
}
