// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a foreign library was doing when a signal ends the process: one line on standard error.
enum CrashNote {
    private static let capacity = 512
    // SAFETY: never freed; one thread writes it, and a signal handler reads it as a string that always ends.
    private nonisolated(unsafe) static let buffer: UnsafeMutablePointer<CChar> = {
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
        unsafe buffer.initialize(repeating: 0, count: capacity)
        return unsafe buffer
    }()

    /// Says what comes next.
    static func set(_ text: String) {
        if unsafe buffer.pointee == 0 { watch() }
        let bytes = Array("apus: the process was ended while it \(text)\n".utf8.prefix(capacity - 1))
        for (index, byte) in bytes.enumerated() {
            unsafe buffer[index] = CChar(bitPattern: byte)
        }
        unsafe buffer[bytes.count] = 0
    }

    private static func watch() {
        for number in [SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL] {
            _ = signal(number) { number in
                // SAFETY: write, signal and raise may be called in a handler.
                _ = unsafe Glibc.write(STDERR_FILENO, CrashNote.buffer, strlen(CrashNote.buffer))
                _ = signal(number, SIG_DFL)
                _ = raise(number)
            }
        }
    }
}
