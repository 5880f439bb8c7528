// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingHTTP
import ApusServingTransport
import NIOCore
import Testing

@Suite struct CompressionTests {
    private static let text = ByteBuffer(string: String(repeating: "the same again and again, ", count: 1000))

    @Test("What is packed is unpacked", arguments: [Compression.gzip, .deflate, .zstd])
    func roundTrip(_ compression: Compression) throws {
        let packed = try #require(compression.packed(Self.text))
        #expect(packed.readableBytes < 1000)
        #expect(try compression.unpacked(packed, limit: 1 << 20) == Self.text)
        #expect(try compression.unpacked(packed, limit: Self.text.readableBytes) == Self.text)
    }

    @Test("More than the limit is refused", arguments: [Compression.gzip, .deflate, .zstd])
    func limit(_ compression: Compression) throws {
        let packed = try #require(compression.packed(Self.text))
        #expect(throws: ServingError.self) { try compression.unpacked(packed, limit: Self.text.readableBytes - 1) }
        #expect(throws: ServingError.self) { try compression.unpacked(packed, limit: 0) }
    }

    @Test(
        "Every beginning of a stream, and what follows one, is refused", arguments: [Compression.gzip, .deflate, .zstd])
    func truncation(_ compression: Compression) throws {
        let packed = try #require(compression.packed(Self.text))
        for end in 0..<packed.readableBytes {
            let cut = try #require(packed.getSlice(at: 0, length: end))
            #expect(throws: ServingError.self, "the first \(end) bytes") {
                try compression.unpacked(cut, limit: 1 << 20)
            }
        }
        var longer = packed
        longer.writeInteger(UInt8(0))
        #expect(throws: ServingError.self) { try compression.unpacked(longer, limit: 1 << 20) }
    }

    @Test("Several frames of zstd are one body, and what is no frame is refused")
    func frames() throws {
        var packed = try #require(Compression.zstd.packed(Self.text))
        var second = packed
        packed.writeBuffer(&second)
        #expect(try Compression.zstd.unpacked(packed, limit: 1 << 20).readableBytes == 2 * Self.text.readableBytes)
        // A frame whose header asks for a window of 2 GB.
        let greedy = ByteBuffer(bytes: [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00])
        #expect(throws: ServingError.self) { try Compression.zstd.unpacked(greedy, limit: 1 << 20) }
        #expect(throws: ServingError.self) { try Compression.zstd.unpacked(Self.text, limit: 1 << 20) }
    }

    @Test(
        "The compression a client likes best is chosen",
        arguments: [
            (nil, nil), ("", nil), ("gzip", .gzip), ("deflate", .deflate), ("gzip;q=0.5, deflate", .deflate),
            ("br, gzip;q=0.2", .gzip), ("identity, gzip;q=0.5", nil), ("gzip;q=0", nil), ("*", nil),
            ("zstd", .zstd), ("gzip;q=0.9, zstd", .zstd),
        ] as [(String?, Compression?)])
    func accepted(header: String?, expected: Compression?) {
        #expect(Compression.accepted(header) == expected)
    }
}
