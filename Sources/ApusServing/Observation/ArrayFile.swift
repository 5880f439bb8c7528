// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file that holds one JSON array, which grows.
enum ArrayFile {
    /// Adds elements, which are separated by commas, and closes the array behind them; what cannot be written is lost.
    static func append(_ elements: [UInt8], to path: String) {
        // SAFETY: the path is a C string for as long as the call takes; the descriptor is closed once.
        let descriptor = unsafe path.withCString { unsafe open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) }
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        // SAFETY: the call fills the structure it is given.
        guard unsafe fstat(descriptor, &status) == 0 else { return }
        // The bracket at the end makes room for what follows.
        let isNew = status.st_size < 2
        var bytes: [UInt8] = [UInt8(ascii: isNew ? "[" : ",")]
        bytes.append(contentsOf: elements)
        bytes.append(UInt8(ascii: "]"))
        let start = isNew ? 0 : status.st_size - 1
        var done = 0
        while done < bytes.count {
            // SAFETY: the call reads at most the bytes that are left of the array.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress.map { unsafe $0 + done }, $0.count - done, start + done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }
}
