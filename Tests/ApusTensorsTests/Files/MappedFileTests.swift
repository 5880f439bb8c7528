// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Glibc
import Testing

@Suite struct MappedFileTests {
    private func refusal(_ path: String) -> FileError? {
        do {
            _ = try MappedFile(path: path)
            return nil
        } catch { return error }
    }

    private func temporaryFile(_ bytes: [UInt8]) throws -> String {
        let path = "/tmp/apus-mapped-\(getpid())-\(UInt64.random(in: .min ... .max))"
        // SAFETY: the string and the array are valid for their calls.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        let count = unsafe write(descriptor, bytes, bytes.count)
        #expect(count == bytes.count)
        #expect(close(descriptor) == 0)
        return path
    }

    private func remove(_ path: String) {
        // SAFETY: the string is a valid C string for the call.
        _ = unsafe unlink(path)
    }

    @Test("maps the bytes of a file and outlives its name")
    func mapping() throws {
        let path = try temporaryFile([1, 2, 3])
        let storage = try MappedFile(path: path).storage
        remove(path)
        let bytes = storage.bytes
        #expect(bytes.indices.map { bytes[$0] } == [1, 2, 3])
        let tensor = try Tensor(.uint8, [2], storage: storage, byteOffset: 1)
        #expect(try tensor.array(of: UInt8.self) == [2, 3])
        #expect(throws: ComputeError.self) { try Tensor(.uint8, [3], storage: storage, byteOffset: 1) }
    }

    @Test("refuses what is missing, empty, a folder or a device, and names it")
    func refusals() throws {
        let empty = try temporaryFile([])
        defer { remove(empty) }
        #expect(refusal("/tmp/apus-no-such-file")?.code == .missing)
        #expect(refusal("/tmp/apus-no-such-file")?.description.contains("/tmp/apus-no-such-file") == true)
        #expect(refusal(empty)?.code == .empty)
        #expect(refusal("/tmp")?.code == .notRegular)
        #expect(refusal("/dev/null")?.code == .notRegular)
        #expect(refusal("")?.code == .missing)
        #expect(refusal("/tmp\u{0}/x")?.code == .missing)
    }
}
