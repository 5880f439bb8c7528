// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusFiles

/// Numbers that tell whether bytes are the ones they should be.
package enum Checksum {
    /// The CRC-32C of bytes; `isPlain` leaves the machine's own instructions out.
    package static func crc32c(_ bytes: RawSpan, isPlain: Bool = false) -> UInt32 {
        // SAFETY: the pointer covers the buffer, which is only read during the call.
        unsafe bytes.withUnsafeBytes { unsafe apus_crc32c($0.baseAddress, $0.count, isPlain ? 1 : 0) }
    }

    /// The CRC-32C of bytes; `isPlain` leaves the machine's own instructions out.
    package static func crc32c(_ bytes: Span<UInt8>, isPlain: Bool = false) -> UInt32 {
        // SAFETY: bytes are bytes, seen without a type.
        crc32c(unsafe bytes.bytes, isPlain: isPlain)
    }

    /// The SHA-256 digest of bytes, 32 of them; `isPlain` leaves the machine's own instructions out.
    package static func sha256(_ bytes: Span<UInt8>, isPlain: Bool = false) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        // SAFETY: the pointer covers the buffer, which is only read during the call; the digest has its 32 bytes.
        unsafe bytes.withUnsafeBufferPointer { unsafe apus_sha256($0.baseAddress, $0.count, &digest, isPlain ? 1 : 0) }
        return digest
    }
}

extension Sequence<UInt8> {
    /// The bytes in hexadecimal digits.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef")
        return String(flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
