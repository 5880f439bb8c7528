// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import Testing

@Suite struct ImageTests {
    private func noise() throws -> Image {
        try Image(width: 9, height: 7, channelCount: 3, pixels: Samples.noise)
    }

    @Test("PNG and JPEG decode to the pixels they hold")
    func decodes() throws {
        #expect(try Image(decoding: Samples.noisePNG).pixels == Samples.noise)
        let plain = try Image(decoding: Samples.plainJPEG)
        #expect([plain.width, plain.height] == [8, 8])
        #expect(plain.pixels == [UInt8](repeating: 0, count: 192).indices.map { [200, 100, 50][$0 % 3] })
        let grey = try Image(decoding: Samples.greyJPEG)
        #expect(grey.pixels == [UInt8](repeating: 77, count: 48))
        let transparent = try Image(decoding: Samples.transparentPNG)
        #expect([transparent.width, transparent.height, transparent.channelCount] == [3, 2, 3])
    }

    @Test("WebP and JPEG 2000, with and without boxes, decode to the pixels they hold")
    func decodesNewer() throws {
        for sample in [Samples.noiseWebP, Samples.noiseJPEG2000, Samples.noiseCodestream] {
            let image = try Image(decoding: sample)
            #expect([image.width, image.height, image.channelCount] == [9, 7, 3])
            #expect(image.pixels == Samples.noise)
            #expect(Image.isPicture(sample) && !Image.isPicture(Array(sample.dropFirst())))
        }
    }

    @Test("WebP and JPEG 2000 cut off, changed or too large end in a typed error or a picture")
    func brokenNewer() {
        var generator = SeededGenerator(seed: 6)
        for sample in [Samples.noiseWebP, Samples.noiseJPEG2000, Samples.noiseCodestream] {
            for count in 0..<(sample.count / 2) {
                #expect(throws: FormatError.self) { try Image(decoding: Array(sample[..<count])) }
            }
            #expect(throws: FormatError.self) { try Image(decoding: sample, pixelLimit: 62) }
            for _ in 0..<500 {
                var bytes = sample
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                _ = try? Image(decoding: bytes, pixelLimit: 1 << 16)
            }
        }
    }

    @Test("Pictures cut off anywhere, changed or too large end in a typed error or a picture")
    func broken() {
        var generator = SeededGenerator(seed: 5)
        for sample in [Samples.noisePNG, Samples.plainJPEG, Samples.greyJPEG] {
            for count in sample.indices.dropLast(12) {
                #expect(throws: FormatError.self) { try Image(decoding: Array(sample[..<count])) }
            }
            for _ in 0..<1000 {
                var bytes = sample
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                _ = try? Image(decoding: bytes, pixelLimit: 1 << 16)
            }
        }
        #expect(throws: FormatError(.format, "none of JPEG, PNG, WebP and JPEG 2000")) { try Image(decoding: []) }
        #expect(throws: FormatError.self) { try Image(decoding: Samples.noisePNG, pixelLimit: 62) }
        #expect(throws: FormatError.self) { try Image(decoding: Array(Samples.noisePNG[..<60])) }
    }

    @Test(
        "Resizing gives Pillow's samples",
        arguments: [
            (Interpolation.bilinear, 4, 3, Samples.bilinear4By3), (.bilinear, 12, 10, Samples.bilinear12By10),
            (.bicubic, 4, 3, Samples.bicubic4By3), (.bicubic, 12, 10, Samples.bicubic12By10),
            (.lanczos, 4, 3, Samples.lanczos4By3), (.lanczos, 12, 10, Samples.lanczos12By10),
            (.nearest, 4, 3, Samples.nearest4By3), (.nearest, 12, 10, Samples.nearest12By10),
        ])
    func resizes(_ interpolation: Interpolation, _ width: Int, _ height: Int, _ expected: [UInt8]) throws {
        #expect(try noise().resized(width: width, height: height, interpolation: interpolation).pixels == expected)
    }

    @Test("Grey and crops are Pillow's")
    func greyAndCrop() throws {
        #expect(try noise().grey.pixels == Samples.noiseGrey)
        let crop = try noise().centreCropped(width: 1, height: 1)
        #expect(crop.pixels == Array(Samples.noise[(3 * 9 + 4) * 3..<(3 * 9 + 5) * 3]))
        let wide = try noise().centreCropped(width: 11, height: 9)
        #expect(wide.pixels[..<33] == [UInt8](repeating: 0, count: 33)[...])
        #expect(wide.pixels[36..<39] == Samples.noise[..<3])
    }
}
