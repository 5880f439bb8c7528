// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// What turns a picture into a model's input: size, crop, colours, numbers, layout.
package struct Recipe: Hashable, Sendable {
    /// The size a picture is brought to first.
    package enum Resize: Hashable, Sendable {
        /// The shorter side gets this length and the other follows.
        case shorterSide(Int)
        /// Both sides are set, whatever the picture's proportions.
        case exact(width: Int, height: Int)
    }

    /// The order of the samples of a pixel.
    package enum Colours: String, Hashable, Sendable, CaseIterable {
        case rgb = "RGB"
        case bgr = "BGR"
        case grey
    }

    /// The order of the dimensions; the ones with `N` begin with a batch of 1.
    package enum Layout: String, Hashable, Sendable, CaseIterable {
        case nchw = "NCHW"
        case nhwc = "NHWC"
        case chw = "CHW"
        case hwc = "HWC"
    }

    /// Width and height of the part that is kept.
    package struct Size: Hashable, Sendable {
        package var width: Int
        package var height: Int

        package init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// The size first, or nil to keep the picture's own.
    package var resize: Resize?
    /// How samples are weighed.
    package var interpolation = Interpolation.bilinear
    /// Whether shrinking takes every sample into account.
    package var antialias = true
    /// The part around the middle that is kept, or nil for all.
    package var crop: Size?
    /// The order of the samples of a pixel.
    package var colours = Colours.rgb
    /// What samples of 0...255 are multiplied with first.
    package var scale = 1.0
    /// What is then subtracted: one number, or one per channel in the order of `colours`.
    package var mean = [0.0]
    /// What the difference is then divided by: one number, or one per channel in the order of `colours`.
    package var deviation = [1.0]
    /// The order of the dimensions.
    package var layout = Layout.nchw
    /// The type of the elements.
    package var elementType = ElementType.float32
    /// A file with the names of the model's classes, beside the recipe.
    package var labels: String?

    /// Makes a recipe that hands out the samples as they are.
    package init() {}

    /// The number of channels it makes.
    package var channelCount: Int { colours == .grey ? 1 : 3 }

    /// Checks that sizes and numbers make sense together.
    ///
    /// - Throws: ``FormatError`` with code `value`.
    package func validate() throws(FormatError) {
        let longest = 1 << 15
        var sides: [Int] = []
        switch resize {
        case .shorterSide(let side): sides.append(side)
        case .exact(let width, let height): sides += [width, height]
        case nil: break
        }
        if let crop { sides += [crop.width, crop.height] }
        if let side = sides.first(where: { !(1...longest).contains($0) }) {
            throw FormatError(.value, "a side of \(side) pixels is outside 1...\(longest)")
        }
        if let crop, crop.width * crop.height > Image.defaultPixelLimit {
            throw FormatError(.limit, "a crop of \(crop.width) x \(crop.height) pixels is past the limit")
        }
        for (name, numbers) in [("mean", mean), ("std", deviation)] {
            guard numbers.count == 1 || numbers.count == channelCount else {
                throw FormatError(.value, "\(name) has \(numbers.count) numbers for \(channelCount) channels")
            }
        }
        guard deviation.allSatisfy({ $0 != 0 && $0.isFinite }), mean.allSatisfy(\.isFinite), scale.isFinite else {
            throw FormatError(.value, "scale, mean and std must be finite and std not 0")
        }
        switch elementType {
        case .float32, .float64, .float16, .bfloat16, .uint8, .int8: break
        default:
            throw FormatError(.unsupported, "a picture as \(elementType.name); f32, f64, f16, bf16, u8 or i8 are made")
        }
    }

    /// The same recipe for another size of input: the crop takes it and the size before keeps its proportion.
    package func fitted(width: Int, height: Int) -> Recipe {
        var result = self
        switch (resize, crop) {
        case (.shorterSide(let side), .some(let crop)):
            let proportion = Double(side) / Double(min(crop.width, crop.height))
            let fitted = (Double(min(width, height)) * proportion).rounded()
            result.resize = .shorterSide(Int(exactly: fitted) ?? Int.max)
            result.crop = Size(width: width, height: height)
        case (_, .some): result.crop = Size(width: width, height: height)
        default: result.resize = .exact(width: width, height: height)
        }
        if case .shorterSide = result.resize, width != height { result.resize = .exact(width: width, height: height) }
        return result
    }
}
