// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

extension Recipe {
    /// Turns a picture into a tensor.
    ///
    /// - Throws: ``FormatError`` with code `value` or `limit`.
    package func apply(to image: Image) throws(FormatError) -> Tensor {
        try validate()
        var picture = image
        switch resize {
        case .shorterSide(let side):
            let shorter = min(picture.width, picture.height)
            picture = try resized(
                picture, width: side * picture.width / shorter, height: side * picture.height / shorter)
        case .exact(let width, let height): picture = try resized(picture, width: width, height: height)
        case nil: break
        }
        if let crop { picture = picture.centreCropped(width: crop.width, height: crop.height) }
        if colours == .grey { picture = picture.grey }
        do {
            return try tensor(picture)
        } catch {
            throw FormatError(.limit, error.message)
        }
    }

    private func resized(_ image: Image, width: Int, height: Int) throws(FormatError) -> Image {
        guard width <= Image.defaultPixelLimit / max(1, height) else {
            throw FormatError(.limit, "resizing to \(width) x \(height) pixels is past the limit")
        }
        return image.resized(
            width: max(1, width), height: max(1, height), interpolation: interpolation, antialias: antialias)
    }

    private func tensor(_ image: Image) throws(ComputeError) -> Tensor {
        let isPlanar = layout == .nchw || layout == .chw
        let (height, width, channels) = (image.height, image.width, image.channelCount)
        var sizes = isPlanar ? [channels, height, width] : [height, width, channels]
        if layout == .nchw || layout == .nhwc { sizes.insert(1, at: 0) }
        let values = numbers(image, isPlanar: isPlanar)
        let shape = Shape(sizes)
        return switch elementType {
        case .float64: try Tensor(values, shape: shape)
        case .float16: try Tensor(values.map { Float16($0) }, shape: shape)
        case .bfloat16: try Tensor(values.map { BFloat16(Float($0)) }, shape: shape)
        case .uint8: try Tensor(values.map { UInt8(clamping: Int($0.rounded(.toNearestOrEven).clamped)) }, shape: shape)
        case .int8: try Tensor(values.map { Int8(clamping: Int($0.rounded(.toNearestOrEven).clamped)) }, shape: shape)
        default: try Tensor(values.map { Float($0) }, shape: shape)
        }
    }

    private func numbers(_ image: Image, isPlanar: Bool) -> [Double] {
        let channels = image.channelCount
        let area = image.width * image.height
        var values = [Double](repeating: 0, count: area * channels)
        for channel in 0..<channels {
            let source = colours == .bgr ? channels - 1 - channel : channel
            let mean = mean.count == 1 ? mean[0] : mean[channel]
            let deviation = deviation.count == 1 ? deviation[0] : deviation[channel]
            let table = (0..<256).map { (Double($0) * scale - mean) / deviation }
            for pixel in 0..<area {
                let target = isPlanar ? channel * area + pixel : pixel * channels + channel
                values[target] = table[Int(image.pixels[pixel * channels + source])]
            }
        }
        return values
    }
}

extension Double {
    fileprivate var clamped: Double { Swift.min(Swift.max(self, -1e6), 1e6) }
}
