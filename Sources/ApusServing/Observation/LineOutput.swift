// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes lines to a descriptor that somebody may have stopped reading from.
struct LineOutput {
    private let descriptor: Int32
    /// Whether the reader was waited for in vain; nothing is written then.
    private var isStuck = false
    /// The lines that were not written.
    private var lostCount = 0

    /// How long a reader may take, in milliseconds.
    private static let patience: Int32 = 1000
    /// A pipe that is writable has room for so many bytes.
    private static let mostBytes = 4096

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Writes a line, or loses it.
    mutating func write(_ line: String) {
        var bytes = Array(line.utf8.prefix(LineOutput.mostBytes - 1))
        bytes.append(UInt8(ascii: "\n"))
        var done = 0
        while done < bytes.count {
            guard isWritable() else {
                lostCount += 1
                return
            }
            // SAFETY: the call reads at most the bytes that are left of the array.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + done }, $0.count - done)
            }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else {
                lostCount += 1
                return
            }
            done += count
        }
    }

    /// The lines that were not written since this was last asked.
    mutating func takeLostCount() -> Int {
        defer { lostCount = 0 }
        return lostCount
    }

    private mutating func isWritable() -> Bool {
        guard !isStuck else { return false }
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        var found: Int32 = 0
        repeat {
            // SAFETY: the call reads and fills the one structure it is given.
            found = unsafe poll(&request, 1, LineOutput.patience)
        } while found < 0 && errno == EINTR
        isStuck = found == 0
        return found > 0
    }
}
