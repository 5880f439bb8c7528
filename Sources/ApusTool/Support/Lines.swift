// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Lines for whoever watches a process that goes on: each is written whole and at once, also into a pipe.
enum Lines {
    /// Writes a line to a descriptor.
    static func write(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            // SAFETY: the call reads at most as many bytes as there are.
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}
