// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusONNX
import ApusTensors
import Testing

@Suite struct WireReaderTests {
    private func fields(_ bytes: [UInt8]) throws -> [WireField] {
        let storage = try TensorStorage(copying: bytes.span)
        var reader = WireReader(storage.bytes, 0..<bytes.count)
        var result: [WireField] = []
        while let field = try reader.next() { result.append(field) }
        return result
    }

    private func refusal(_ bytes: [UInt8]) -> ImportError? {
        do {
            _ = try fields(bytes)
            return nil
        } catch { return error as? ImportError }
    }

    @Test("reads every kind of field")
    func kinds() throws {
        let found = try fields([
            0x08, 0x96, 0x01, 0x12, 2, 7, 8, 0x1D, 0, 0, 0x80, 0x3F, 0x21, 1, 0, 0, 0, 0, 0, 0, 0x80,
        ])
        #expect(found.map(\.number) == [1, 2, 3, 4])
        #expect(try found[0].integer() == 150)
        #expect(try found[1].message() == 5..<7)
        #expect(try found[2].float() == 1)
        #expect(found[3].bits == 0x8000_0000_0000_0001)
    }

    @Test("reads ten bytes of a negative number and refuses more than 64 bits")
    func wideNumbers() throws {
        let ones = [UInt8](repeating: 0xFF, count: 9)
        #expect(try fields([0x08] + ones + [0x01])[0].integer() == -1)
        #expect(refusal([0x08] + ones + [0x02])?.code == .malformed)
        #expect(refusal([0x08] + ones + [0xFF, 0x01])?.code == .malformed)
    }

    @Test("refuses lengths past the end")
    func lengths() {
        #expect(refusal([0x12, 2, 7])?.byteOffset == 1)
        let huge: [UInt8] = [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
        #expect(refusal(huge)?.code == .malformed)
        #expect(refusal([0x1D, 0, 0])?.code == .malformed)
        #expect(refusal([0x21, 0, 0, 0, 0])?.code == .malformed)
    }

    @Test("refuses field number 0 and unknown wire types")
    func tags() {
        #expect(refusal([0x00, 1])?.code == .malformed)
        #expect(refusal([0x0E])?.code == .malformed)
        #expect(refusal([0x0F])?.code == .malformed)
    }

    @Test("passes over groups and refuses ones that are broken or too deep")
    func groups() throws {
        #expect(try fields([0x0B, 0x10, 1, 0x0C, 0x18, 5]).map(\.number) == [3])
        #expect(refusal([0x0B, 0x10, 1])?.code == .malformed)
        #expect(refusal([0x0C])?.code == .malformed)
        #expect(refusal([0x0B, 0x14])?.code == .malformed)
        #expect(refusal([UInt8](repeating: 0x0B, count: 10_000))?.code == .limit)
    }

    @Test("refuses a field of another kind than the message has")
    func mismatches() throws {
        let number = try fields([0x08, 1])[0]
        #expect(throws: ImportError.self) { try number.message() }
        #expect(throws: ImportError.self) { try number.float() }
        let text = try fields([0x0A, 0])[0]
        #expect(throws: ImportError.self) { try text.integer() }
    }
}
