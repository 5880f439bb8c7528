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

    @Test("pages that were given back are read again")
    func release() throws {
        let contents = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let path = try temporaryFile(contents)
        let storage = try MappedFile(path: path).storage
        remove(path)
        for _ in 0..<2 {
            let bytes = storage.bytes
            #expect(bytes.indices.allSatisfy { bytes[$0] == contents[$0] })
            storage.releasePages()
        }
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

    @Test("A file that is cut short while it is mapped reads as zeros and says so")
    func truncation() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let path = try temporaryFile([UInt8](repeating: 7, count: page * 3))
        defer { remove(path) }
        let file = try MappedFile(path: path)
        let other = try temporaryFile([1, 2, 3])
        defer { remove(other) }
        let whole = try MappedFile(path: other)
        let storage = file.storage
        #expect(storage.bytes[page * 2] == 7)
        #expect(storage.damagedFile == nil)
        // SAFETY: the string is a valid C string for the call.
        #expect(unsafe truncate(path, page) == 0)
        #expect(storage.bytes[page - 1] == 7)
        #expect(!file.isDamaged)
        #expect(storage.bytes[page] == 0)
        #expect(storage.bytes[page * 3 - 1] == 0)
        #expect(file.isDamaged)
        #expect(storage.damagedFile == path)
        #expect(whole.storage.bytes[2] == 3)
        #expect(whole.storage.damagedFile == nil)
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
