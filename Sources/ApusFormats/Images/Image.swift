// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CApusImages

/// A picture of 8-bit samples: rows from the top, the channels of a pixel side by side.
package struct Image: Sendable {
    package var width: Int
    package var height: Int
    package var channelCount: Int
    package var pixels: [UInt8]

    /// The most pixels a picture may have unless told otherwise.
    package static let defaultPixelLimit = 1 << 28

    /// Makes a picture from its samples.
    ///
    /// - Throws: ``FormatError`` with code `value` when their number does not fit.
    package init(width: Int, height: Int, channelCount: Int, pixels: [UInt8]) throws(FormatError) {
        let (area, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, channelCount > 0, !overflow, area <= Int.max / channelCount,
            pixels.count == area * channelCount
        else {
            throw FormatError(.value, "\(pixels.count) samples do not fill \(width) x \(height) x \(channelCount)")
        }
        self.width = width
        self.height = height
        self.channelCount = channelCount
        self.pixels = pixels
    }

    /// Decodes a JPEG, PNG, WebP or JPEG 2000 file to red, green and blue; transparency is dropped.
    ///
    /// - Throws: ``FormatError`` with code `format`, `damaged` or `limit`.
    package init(decoding bytes: [UInt8], pixelLimit: Int = defaultPixelLimit) throws(FormatError) {
        var image = unsafe apus_image()
        var message = [CChar](repeating: 0, count: 256)
        // SAFETY: the C function reads the array's bytes and writes at most message.count characters.
        let status = unsafe bytes.withUnsafeBufferPointer { source in
            unsafe message.withUnsafeMutableBufferPointer { text in
                unsafe apus_image_decode(
                    source.baseAddress, source.count, pixelLimit, &image, text.baseAddress, text.count)
            }
        }
        defer { unsafe apus_image_free(&image) }
        guard status == Int32(APUS_IMAGE_OK), let base = unsafe image.pixels else {
            let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw FormatError(Image.code(status), text)
        }
        let (width, height) = unsafe (Int(image.width), Int(image.height))
        // SAFETY: on success the decoder allocated width * height * 3 bytes, which are freed after this copy.
        let pixels = unsafe Array(UnsafeBufferPointer(start: base, count: width * height * 3))
        try self.init(width: width, height: height, channelCount: 3, pixels: pixels)
    }

    /// Whether a file begins as those of the picture formats do.
    package static func isPicture(_ bytes: [UInt8]) -> Bool {
        let beginnings: [[UInt8]] = [
            [0x89, 0x50, 0x4E, 0x47], [0xFF, 0xD8, 0xFF], [0xFF, 0x4F, 0xFF, 0x51],
            [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20],
        ]
        let isWebP = bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
        return isWebP || beginnings.contains { bytes.starts(with: $0) }
    }

    private static func code(_ status: Int32) -> FormatError.Code {
        switch Int(status) {
        case Int(APUS_IMAGE_FORMAT): .format
        case Int(APUS_IMAGE_LIMIT), Int(APUS_IMAGE_MEMORY): .limit
        default: .damaged
        }
    }

    /// The luminance alone, by the weights of ITU-R 601.
    package var grey: Image {
        guard channelCount == 3 else { return self }
        var result = self
        result.channelCount = 1
        result.pixels = stride(from: 0, to: pixels.count, by: 3).map { offset in
            let sum = Int(pixels[offset]) * 19595 + Int(pixels[offset + 1]) * 38470 + Int(pixels[offset + 2]) * 7471
            return UInt8((sum + 0x8000) >> 16)
        }
        return result
    }

    /// The part of the given size around the middle, black where the picture is smaller.
    package func centreCropped(width: Int, height: Int) -> Image {
        let left = Image.offset(self.width, width)
        let top = Image.offset(self.height, height)
        var result = self
        result.width = width
        result.height = height
        result.pixels = [UInt8](repeating: 0, count: width * height * channelCount)
        for row in max(0, top)..<max(0, top, min(self.height, top + height)) {
            for column in max(0, left)..<max(0, left, min(self.width, left + width)) {
                let source = (row * self.width + column) * channelCount
                let target = ((row - top) * width + column - left) * channelCount
                for channel in 0..<channelCount { result.pixels[target + channel] = pixels[source + channel] }
            }
        }
        return result
    }

    private static func offset(_ whole: Int, _ part: Int) -> Int {
        Int((Double(whole - part) / 2).rounded(.toNearestOrEven))
    }
}
