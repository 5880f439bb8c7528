// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Image {
    /// The picture at another size.
    ///
    /// With `antialias` the filter widens when the picture shrinks, so that every sample counts; samples are rounded
    /// to 8 bits after each direction and weights are held in 22 fraction bits, which gives Pillow's results.
    package func resized(
        width: Int, height: Int, interpolation: Interpolation = .bilinear, antialias: Bool = true
    ) -> Image {
        if interpolation == .nearest { return nearest(width: width, height: height) }
        var result = self
        if width != self.width {
            let taps = Image.taps(from: self.width, to: width, interpolation, antialias: antialias)
            result = result.filtered(taps, width: width, height: result.height, step: channelCount) { x, y, image in
                (y * image.width * image.channelCount, x)
            }
        }
        if height != self.height {
            let taps = Image.taps(from: self.height, to: height, interpolation, antialias: antialias)
            result = result.filtered(taps, width: result.width, height: height, step: result.width * channelCount) {
                x, y, image in (x * image.channelCount, y)
            }
        }
        return result
    }

    /// The samples one output sample is made of, and their weights.
    private struct Taps {
        var first: Int
        var weights: [Int]
    }

    private static let fractionBits = 22

    private static func taps(
        from size: Int, to newSize: Int, _ interpolation: Interpolation, antialias: Bool
    ) -> [Taps] {
        let scale = Double(size) / Double(newSize)
        let widening = antialias ? max(scale, 1) : 1
        let support = interpolation.support * widening
        return (0..<newSize).map { position in
            let centre = (Double(position) + 0.5) * scale
            let first = max(0, Int(centre - support + 0.5))
            let last = max(first + 1, min(size, Int(centre + support + 0.5)))
            var weights = (first..<last).map { interpolation.weight((Double($0) - centre + 0.5) / widening) }
            let sum = weights.reduce(0, +)
            if sum == 0 { weights[0] = 1 }
            let one = Double(1 << fractionBits) / (sum == 0 ? 1 : sum)
            return Taps(
                first: min(first, size - 1), weights: weights.map { Int(($0 * one).rounded(.toNearestOrAwayFromZero)) })
        }
    }

    /// Applies taps along one direction; `place` gives the offset of the line and the position along it.
    private func filtered(
        _ taps: [Taps], width: Int, height: Int, step: Int, _ place: (Int, Int, Image) -> (offset: Int, position: Int)
    ) -> Image {
        var result = self
        result.width = width
        result.height = height
        result.pixels = [UInt8](repeating: 0, count: width * height * channelCount)
        var target = 0
        for y in 0..<height {
            for x in 0..<width {
                let (offset, position) = place(x, y, self)
                let tap = taps[position]
                for channel in 0..<channelCount {
                    var sum = 1 << (Image.fractionBits - 1)
                    var source = offset + channel + tap.first * step
                    for weight in tap.weights {
                        sum += Int(pixels[source]) * weight
                        source += step
                    }
                    result.pixels[target] = UInt8(clamping: sum >> Image.fractionBits)
                    target += 1
                }
            }
        }
        return result
    }

    private func nearest(width: Int, height: Int) -> Image {
        var result = self
        result.width = width
        result.height = height
        result.pixels = []
        result.pixels.reserveCapacity(width * height * channelCount)
        let columns = (0..<width).map { min(self.width - 1, ($0 * 2 + 1) * self.width / (width * 2)) }
        for y in 0..<height {
            let row = min(self.height - 1, (y * 2 + 1) * self.height / (height * 2)) * self.width
            for column in columns {
                let source = (row + column) * channelCount
                result.pixels += pixels[source..<source + channelCount]
            }
        }
        return result
    }
}
