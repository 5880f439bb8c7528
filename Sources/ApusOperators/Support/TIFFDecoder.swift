// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Decodes the first picture of an uncompressed TIFF file with 8-bit grey, RGB or RGBA samples in strips.
struct TIFFDecoder: ImageDecoding {
    private enum Tag: Int {
        case width = 256
        case height = 257
        case bits = 258
        case compression = 259
        case interpretation = 262
        case offsets = 273
        case samples = 277
        case byteCounts = 279
        case planes = 284
    }

    func decode(_ bytes: [UInt8]) throws(ComputeError) -> DecodedPicture? {
        var cursor = ByteCursor(bytes)
        cursor.isBigEndian = cursor.startsWith([0x4D, 0x4D, 0, 42])
        guard cursor.isBigEndian || cursor.startsWith([0x49, 0x49, 42, 0]) else { return nil }
        var fields: [Int: [Int]] = [:]
        let directory = try cursor.number(4, 4)
        for index in 0..<(try cursor.number(directory, 2)) {
            let entry = directory + 2 + index * 12
            fields[try cursor.number(entry, 2)] = try values(cursor, entry)
        }
        func first(_ tag: Tag, _ fallback: Int) -> Int { fields[tag.rawValue]?.first ?? fallback }
        let width = first(.width, 0)
        let height = first(.height, 0)
        let channels = first(.samples, 1)
        let interpretation = first(.interpretation, 1)
        try ByteCursor.checkSize(width, height)
        guard first(.compression, 1) == 1, first(.planes, 1) == 1, interpretation <= 2, [1, 3, 4].contains(channels),
            (interpretation == 2) == (channels > 1), (fields[Tag.bits.rawValue] ?? [1]).allSatisfy({ $0 == 8 })
        else { throw .unsupported("a TIFF picture that is compressed or not of 8-bit samples") }
        let offsets = fields[Tag.offsets.rawValue] ?? []
        let counts = fields[Tag.byteCounts.rawValue] ?? []
        guard offsets.count == counts.count else { throw .value("the strips of the picture are damaged") }
        var samples: [UInt8] = []
        for (offset, count) in zip(offsets, counts) {
            guard offset <= bytes.count, count <= bytes.count - offset, samples.count <= width * height * channels
            else {
                throw .value("the picture ends early")
            }
            samples += bytes[offset..<(offset + count)]
        }
        guard samples.count >= width * height * channels else { throw .value("the picture ends early") }
        samples.removeLast(samples.count - width * height * channels)
        if channels == 4 { samples = samples.indices.filter { $0 % 4 != 3 }.map { samples[$0] } }
        if interpretation == 0 { samples = samples.map { 255 - $0 } }
        return DecodedPicture(height: height, width: width, channelCount: channels == 1 ? 1 : 3, samples: samples)
    }

    /// The values of a directory entry that are whole numbers.
    private func values(_ cursor: ByteCursor, _ entry: Int) throws(ComputeError) -> [Int] {
        let width: Int
        switch try cursor.number(entry + 2, 2) {
        case 1: width = 1
        case 3: width = 2
        case 4: width = 4
        default: return []
        }
        let count = try cursor.number(entry + 4, 4)
        guard count <= cursor.bytes.count else { throw .value("the directory of the picture is damaged") }
        let start = count * width <= 4 ? entry + 8 : try cursor.number(entry + 8, 4)
        var values: [Int] = []
        for index in 0..<count { values.append(try cursor.number(start + index * width, width)) }
        return values
    }
}
