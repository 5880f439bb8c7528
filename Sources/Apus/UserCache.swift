// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusONNX
import ApusTensors
import Glibc

/// Small texts that are kept in the user's cache folder between runs.
package struct UserCache: Sendable {
    /// The folder.
    package let folder: String

    /// The folder of this engine's in the user's cache folder; nil where the user has none.
    package init?() {
        guard let folder = TacticCache.folder else { return nil }
        self.folder = folder
    }

    /// Keeps texts in any folder.
    package init(folder: String) { self.folder = folder }

    /// A name for the processor and the kernels that run on it.
    package static var machine: String {
        String(Checksum.sha256(Array(TacticCache.identity.utf8).span).hexadecimal.prefix(16))
    }

    /// A text, or nil where there is none.
    package func read(_ name: String) -> String? {
        guard let file = try? MappedFile(path: "\(folder)/\(name)"), file.storage.byteCount <= 1 << 20 else {
            return nil
        }
        // SAFETY: the bytes are read within the call.
        return unsafe file.storage.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Keeps a text; a folder that cannot be written to costs time at the next start, and nothing else.
    package func write(_ name: String, _ text: String) {
        for end in folder.indices.filter({ folder[$0] == "/" }).dropFirst() + [folder.endIndex] {
            // SAFETY: the string is a valid C string for the call.
            _ = unsafe mkdir(String(folder[..<end]), 0o755)
        }
        try? OutputFile.write(text: text, to: "\(folder)/\(name)")
    }
}
