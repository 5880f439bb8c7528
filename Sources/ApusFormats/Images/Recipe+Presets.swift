// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

internal import ApusTensors

extension Recipe {
    /// The recipes that have a name.
    package static let presets: [(name: String, summary: String, recipe: Recipe)] = [
        ("imagenet", "shorter side 256, crop 224, RGB, ImageNet mean and deviation", imageNet(side: 256)),
        ("imagenet-caffe", "shorter side 256, crop 224, BGR 0...255 less the Caffe means", caffe),
        ("efficientnet-lite", "shorter side 256 bicubic, crop 224, RGB, (x - 127) / 128", efficientNetLite),
        ("minus-one-to-one", "224 x 224, RGB, x / 127.5 - 1", range(scale: 1 / 127.5, mean: 1)),
        ("unit", "224 x 224, RGB, x / 255", range(scale: 1 / 255, mean: 0)),
        ("bytes", "224 x 224, RGB, u8 as decoded", bytes),
    ]

    /// The preset of the given name.
    ///
    /// - Throws: ``FormatError`` with code `value` that lists the names.
    package static func preset(_ name: String) throws(FormatError) -> Recipe {
        guard let preset = presets.first(where: { $0.name == name }) else {
            let names = presets.map(\.name).joined(separator: ", ")
            throw FormatError(.value, "there is no preset \"\(name)\"; there are \(names)")
        }
        return preset.recipe
    }

    private static func imageNet(side: Int) -> Recipe {
        var recipe = Recipe()
        recipe.resize = .shorterSide(side)
        recipe.crop = Size(width: 224, height: 224)
        recipe.scale = 1.0 / 255
        recipe.mean = [0.485, 0.456, 0.406]
        recipe.deviation = [0.229, 0.224, 0.225]
        return recipe
    }

    private static let caffe: Recipe = {
        var recipe = imageNet(side: 256)
        recipe.colours = .bgr
        recipe.scale = 1
        recipe.mean = [103.939, 116.779, 123.68]
        recipe.deviation = [1]
        return recipe
    }()

    private static let efficientNetLite: Recipe = {
        var recipe = imageNet(side: 256)
        recipe.interpolation = .bicubic
        recipe.scale = 1
        recipe.mean = [127]
        recipe.deviation = [128]
        return recipe
    }()

    private static func range(scale: Double, mean: Double) -> Recipe {
        var recipe = Recipe()
        recipe.resize = .exact(width: 224, height: 224)
        recipe.scale = scale
        recipe.mean = [mean]
        return recipe
    }

    private static let bytes: Recipe = {
        var recipe = range(scale: 1, mean: 0)
        recipe.elementType = .uint8
        return recipe
    }()
}
