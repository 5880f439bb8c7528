// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// The tool as a process that goes on while the test looks at it: `apus bench --worker`.
final class Worker {
    let process: pid_t
    private let input: Int32
    private let output: Int32

    init(_ arguments: String...) throws {
        var pipes: [Int32] = [0, 0, 0, 0]
        var actions = unsafe posix_spawn_file_actions_t()
        var process: pid_t = 0
        // SAFETY: each call gets two places; all strings live until the process has started; the list ends with null.
        let isMade = unsafe pipes.withUnsafeMutableBufferPointer { places in
            guard let first = places.baseAddress else { return false }
            return unsafe pipe(first) == 0 && pipe(first + 2) == 0
        }
        try #require(isMade)
        for descriptor in pipes { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, pipes[0], STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, pipes[3], STDOUT_FILENO)
        let words = unsafe ([Tool.path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        let failure = unsafe posix_spawn(&process, Tool.path, &actions, nil, words, environ)
        _ = (close(pipes[0]), close(pipes[3]))
        (self.process, input, output) = (process, pipes[1], pipes[2])
        try #require(failure == 0)
    }

    /// The next line the process writes; waits for it.
    func line() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        // SAFETY: one byte is read into the one byte there is.
        while unsafe read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    deinit {
        var status: Int32 = 0
        _ = (close(input), close(output))
        // SAFETY: the status lives on this stack during the call.
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR { continue }
    }
}
