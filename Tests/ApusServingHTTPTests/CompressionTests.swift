// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingHTTP
import ApusServingTransport
import NIOCore
import Testing

@Suite struct CompressionTests {
    private static let text = ByteBuffer(string: String(repeating: "the same again and again, ", count: 1000))

    @Test("What is packed is unpacked", arguments: [Compression.gzip, .deflate])
    func roundTrip(_ compression: Compression) throws {
        let packed = try #require(compression.packed(Self.text))
        #expect(packed.readableBytes < 1000)
        #expect(try compression.unpacked(packed, limit: 1 << 20) == Self.text)
        #expect(try compression.unpacked(packed, limit: Self.text.readableBytes) == Self.text)
    }

    @Test("More than the limit is refused", arguments: [Compression.gzip, .deflate])
    func limit(_ compression: Compression) throws {
        let packed = try #require(compression.packed(Self.text))
        #expect(throws: ServingError.self) { try compression.unpacked(packed, limit: Self.text.readableBytes - 1) }
        #expect(throws: ServingError.self) { try compression.unpacked(packed, limit: 0) }
    }

    @Test("Every beginning of a stream, and what follows one, is refused", arguments: [Compression.gzip, .deflate])
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

    @Test(
        "The compression a client likes best is chosen",
        arguments: [
            (nil, nil), ("", nil), ("gzip", .gzip), ("deflate", .deflate), ("gzip;q=0.5, deflate", .deflate),
            ("br, gzip;q=0.2", .gzip), ("identity, gzip;q=0.5", nil), ("gzip;q=0", nil), ("*", .gzip),
        ] as [(String?, Compression?)])
    func accepted(header: String?, expected: Compression?) {
        #expect(Compression.accepted(header) == expected)
    }
}
