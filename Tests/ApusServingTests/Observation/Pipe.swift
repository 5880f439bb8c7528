// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A pipe whose reader takes what is there and does not wait for more.
final class Pipe: Sendable {
    let input: Int32
    private let output: Int32

    init() throws {
        var descriptors: [Int32] = [-1, -1]
        // SAFETY: the call writes the two descriptors.
        let status = unsafe descriptors.withUnsafeMutableBufferPointer { buffer in
            guard let place = buffer.baseAddress else { return Int32(-1) }
            return unsafe pipe(place)
        }
        guard status == 0 else { throw PipeFailure() }
        output = descriptors[0]
        input = descriptors[1]
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(input)
        close(output)
    }

    /// What was written and not read yet.
    func text() -> String {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            // SAFETY: the call writes at most as many bytes as the array has.
            let count = unsafe part.withUnsafeMutableBytes { unsafe read(output, $0.baseAddress, $0.count) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: part[..<count])
        }
    }
}

struct PipeFailure: Error {}
