// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Testing

@Suite struct ChecksumTests {
    @Test("CRC-32C is the one of RFC 3720", arguments: [false, true])
    func crc(_ isPlain: Bool) {
        func check(_ bytes: [UInt8], _ expected: UInt32) {
            #expect(Checksum.crc32c(bytes.span, isPlain: isPlain) == expected)
        }
        check([], 0)
        check(Array("123456789".utf8), 0xE306_9283)
        check([UInt8](repeating: 0, count: 32), 0x8A91_36AA)
        check([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43)
        check((0..<32).map { UInt8($0) }, 0x46DD_794E)
        check((0..<32).map { 31 - UInt8($0) }, 0x113F_DB5C)
    }

    @Test("SHA-256 is the one of FIPS 180-4", arguments: [false, true])
    func sha(_ isPlain: Bool) {
        func check(_ text: String, _ expected: String) {
            #expect(Checksum.sha256(Array(text.utf8).span, isPlain: isPlain).hexadecimal == expected)
        }
        check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        check(
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        check(
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("both ways of reckoning agree at every length")
    func lengths() {
        for count in 0...200 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) }
            #expect(Checksum.crc32c(bytes.span) == Checksum.crc32c(bytes.span, isPlain: true))
            #expect(Checksum.sha256(bytes.span) == Checksum.sha256(bytes.span, isPlain: true))
        }
    }
}
