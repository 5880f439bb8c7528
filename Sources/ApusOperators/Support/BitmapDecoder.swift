// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Decodes uncompressed BMP pictures of 8 (with a palette), 24 or 32 bits.
struct BitmapDecoder: ImageDecoding {
    func decode(_ bytes: [UInt8]) throws(ComputeError) -> DecodedPicture? {
        let cursor = ByteCursor(bytes)
        guard cursor.startsWith(Array("BM".utf8)) else { return nil }
        let header = try cursor.number(14, 4)
        guard header >= 40 else { throw .unsupported("a BMP picture with a header of \(header) bytes") }
        let width = try cursor.number(18, 4)
        let signedHeight = Int(Int32(truncatingIfNeeded: try cursor.number(22, 4)))
        let height = abs(signedHeight)
        let bits = try cursor.number(28, 2)
        let compression = try cursor.number(30, 4)
        try ByteCursor.checkSize(width, height)
        guard [8, 24, 32].contains(bits), compression == 0 || (compression == 3 && bits == 32) else {
            throw .unsupported("a BMP picture of \(bits) bits, compression \(compression)")
        }
        let start = try cursor.number(10, 4)
        let stride = (width * bits + 31) / 32 * 4
        guard start <= bytes.count, stride * height <= bytes.count - start else {
            throw .value("the picture ends early")
        }
        var samples: [UInt8] = []
        samples.reserveCapacity(width * height * 3)
        for row in 0..<height {
            let line = start + stride * (signedHeight > 0 ? height - 1 - row : row)
            for column in 0..<width {
                var place = line + column * bits / 8
                if bits == 8 { place = 14 + header + Int(bytes[place]) * 4 }
                guard place + 2 < bytes.count else { throw .value("a palette ends early") }
                samples += [bytes[place + 2], bytes[place + 1], bytes[place]]
            }
        }
        return DecodedPicture(height: height, width: width, channelCount: 3, samples: samples)
    }
}
