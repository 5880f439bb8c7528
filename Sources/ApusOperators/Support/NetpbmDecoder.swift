// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Decodes the pictures of Netpbm: PBM, PGM and PPM, as text or binary.
struct NetpbmDecoder: ImageDecoding {
    func decode(_ bytes: [UInt8]) throws(ComputeError) -> DecodedPicture? {
        guard bytes.count > 2, bytes[0] == 0x50, (0x31...0x36).contains(bytes[1]) else { return nil }
        let kind = Int(bytes[1] - 0x30)
        var position = 2
        let width = try number(bytes, &position)
        let height = try number(bytes, &position)
        let isBits = kind == 1 || kind == 4
        let most = isBits ? 1 : try number(bytes, &position)
        try ByteCursor.checkSize(width, height)
        guard most > 0, most < 65_536 else { throw .value("a largest sample of \(most)") }
        let channels = kind == 3 || kind == 6 ? 3 : 1
        var samples: [UInt8] = []
        if kind <= 3 {
            for _ in 0..<width * height * channels {
                let sample = isBits ? try bit(bytes, &position) : try number(bytes, &position)
                samples.append(NetpbmDecoder.scaled(isBits ? 1 - sample : sample, most))
            }
        } else {
            position += 1
            let bytesPerSample = most > 255 ? 2 : 1
            let line = isBits ? (width + 7) / 8 : width * channels * bytesPerSample
            guard position <= bytes.count, line * height <= bytes.count - position else {
                throw .value("the picture ends early")
            }
            for row in 0..<height {
                for column in 0..<width * channels {
                    let start = position + row * line
                    if isBits {
                        samples.append(bytes[start + column / 8] >> UInt8(7 - column % 8) & 1 == 1 ? 0 : 255)
                    } else if bytesPerSample == 1 {
                        samples.append(NetpbmDecoder.scaled(Int(bytes[start + column]), most))
                    } else {
                        let place = start + column * 2
                        samples.append(NetpbmDecoder.scaled(Int(bytes[place]) << 8 | Int(bytes[place + 1]), most))
                    }
                }
            }
        }
        return DecodedPicture(height: height, width: width, channelCount: channels, samples: samples)
    }

    private static func scaled(_ sample: Int, _ most: Int) -> UInt8 {
        UInt8(min((min(sample, most) * 255 + most / 2) / most, 255))
    }

    private func bit(_ bytes: [UInt8], _ position: inout Int) throws(ComputeError) -> Int {
        skipSpace(bytes, &position)
        guard position < bytes.count, bytes[position] == 0x30 || bytes[position] == 0x31 else {
            throw .value("a bit was expected at byte \(position)")
        }
        position += 1
        return Int(bytes[position - 1] - 0x30)
    }

    private func number(_ bytes: [UInt8], _ position: inout Int) throws(ComputeError) -> Int {
        skipSpace(bytes, &position)
        var value = 0
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]), value < 1 << 32 {
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        guard position > start else { throw .value("a number was expected at byte \(position)") }
        return value
    }

    private func skipSpace(_ bytes: [UInt8], _ position: inout Int) {
        while position < bytes.count {
            if bytes[position] == 0x23 {
                while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            } else if [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
                position += 1
            } else {
                return
            }
        }
    }
}
