// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads and writes small files whole.
package enum Files {
    package static func read(_ path: String) -> [UInt8] {
        // SAFETY: the strings and arrays are valid for their calls; the file is closed once.
        guard let file = unsafe fopen(path, "rb") else { return [] }
        defer { _ = unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    package static func write(_ bytes: [UInt8], to path: String) {
        // SAFETY: as in read.
        guard let file = unsafe fopen(path, "wb") else { return }
        _ = unsafe fwrite(bytes, 1, bytes.count, file)
        _ = unsafe fclose(file)
    }
}
