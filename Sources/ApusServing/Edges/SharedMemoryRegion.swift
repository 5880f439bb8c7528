// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A part of a shared-memory object that a client registered under a name.
///
/// It is read and written through its descriptor and never mapped: a client that cuts the object short then gets an
/// error, where a mapping would take the process down. The object stays open as long as a request holds the region.
package final class SharedMemoryRegion: Sendable {
    /// The name requests use.
    package let name: String
    /// The object's name in the system, such as `/input`.
    package let key: String
    /// Where the region begins in the object, in bytes.
    package let offset: UInt64
    /// The bytes of the region.
    package let byteCount: UInt64
    private let descriptor: Int32

    /// Opens an object.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a bad key and a region that ends outside the object,
    ///   `internal` where it cannot be opened.
    init(name: String, key: String, offset: UInt64, byteCount: UInt64) throws(ServingError) {
        guard key.utf8.first == UInt8(ascii: "/"), key.utf8.count > 1, key.utf8.count <= 255,
            !key.utf8.dropFirst().contains(UInt8(ascii: "/")), !key.utf8.contains(0)
        else {
            throw ServingError(
                .invalidArgument, "'\(key)' is no key of a shared memory region, expected such as '/name'")
        }
        let (end, overflow) = offset.addingReportingOverflow(byteCount)
        guard byteCount > 0, !overflow, end <= UInt64(Int64.max) else {
            throw ServingError(
                .invalidArgument, "shared memory region '\(name)' has offset \(offset) and byte size \(byteCount)")
        }
        // SAFETY: the key has no zero byte and outlives the call; the descriptor is closed once, in deinit or below.
        descriptor = unsafe key.withCString { unsafe shm_open($0, O_RDWR | O_CLOEXEC, 0) }
        guard descriptor >= 0 else {
            throw ServingError(.internal, "Unable to open shared memory region: '\(key)'")
        }
        self.name = name
        self.key = key
        self.offset = offset
        self.byteCount = byteCount
        var status = stat()
        // SAFETY: the call fills the structure it is given.
        let size = unsafe fstat(descriptor, &status) == 0 ? UInt64(clamping: status.st_size) : 0
        guard end <= size else {
            throw ServingError(
                .invalidArgument, "shared memory region '\(name)' ends at \(end), but '\(key)' has \(size) bytes")
        }
    }

    deinit { close(descriptor) }

    /// Where a part of the region begins in the object.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a part outside the region.
    private func place(_ start: UInt64, _ count: UInt64) throws(ServingError) -> Int {
        let (end, overflow) = start.addingReportingOverflow(count)
        guard !overflow, end <= byteCount, let place = Int(exactly: offset + start) else {
            throw ServingError(
                .invalidArgument,
                "Invalid \(start >= byteCount ? "offset" : "offset + byte size") for shared memory region: '\(name)', "
                    + "\(start) + \(count) of \(byteCount) bytes")
        }
        return place
    }

    /// Checks that a part lies within the region.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument`.
    package func check(offset start: UInt64, byteCount count: UInt64) throws(ServingError) {
        _ = try place(start, count)
    }

    /// Copies a part of the region out.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a part outside the region or an object that was cut.
    package func read(into target: inout MutableRawSpan, at start: UInt64) throws(ServingError) {
        let first = try place(start, UInt64(target.byteCount))
        // SAFETY: each call writes at most as many bytes as are left of the target.
        let done = unsafe target.withUnsafeMutableBytes { memory in
            var done = 0
            while done < memory.count {
                let start = unsafe memory.baseAddress.map { unsafe $0 + done }
                let count = unsafe pread(descriptor, start, memory.count - done, first + done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                done += count
            }
            return done
        }
        guard done == target.byteCount else { throw cut() }
    }

    /// Copies bytes into the region.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a part outside the region or an object that was cut.
    package func write(_ source: RawSpan, at start: UInt64) throws(ServingError) {
        let first = try place(start, UInt64(source.byteCount))
        // SAFETY: each call reads at most as many bytes as are left of the source.
        let done = unsafe source.withUnsafeBytes { memory in
            var status = stat()
            // Writing past the end would make the object grow, which is not for a server to do.
            guard unsafe fstat(descriptor, &status) == 0, status.st_size >= first + memory.count else { return -1 }
            var done = 0
            while done < memory.count {
                let start = unsafe memory.baseAddress.map { unsafe $0 + done }
                let count = unsafe pwrite(descriptor, start, memory.count - done, first + done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                done += count
            }
            return done
        }
        guard done == source.byteCount else { throw cut() }
    }

    private func cut() -> ServingError {
        ServingError(
            .invalidArgument, "shared memory region '\(name)' no longer has its \(byteCount) bytes in '\(key)'")
    }
}
