// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusFormats
import ApusGraphs
import ApusTensors

/// Makes a model's inputs from files, pictures and a seed.
struct InputBuilder {
    let values: [Value]
    let modelPath: String
    let options: InputOptions
    /// How a picture became numbers, once one did.
    private(set) var recipe: Recipe?
    /// Inputs that were made from the seed.
    private(set) var randomNames: [String] = []

    /// Makes a builder for the inputs of a plan.
    init(_ values: [Value], modelPath: String, _ options: InputOptions) {
        self.values = values
        self.modelPath = modelPath
        self.options = options
    }

    /// The inputs in the plan's order.
    mutating func build() throws -> [Datum] {
        var found: [String: Tensor] = [:]
        if let path = options.inputs {
            let wanted = Dictionary(values.compactMap { value in value.type.elementType.map { (value.name, $0) } }) {
                $1
            }
            do {
                let arrays = try NumpyArchive.decode(try FileBytes.read(path), wanted: wanted)
                for array in arrays { found[try known(array.name, in: path).name] = array.tensor }
            } catch let error as FormatError {
                throw error.within(path)
            }
        }
        for text in options.input {
            let (name, path) = try Assignment.split(text, option: "--input")
            let value = try known(name, in: "--input")
            found[name] = try tensor(value, from: path)
        }
        if let path = options.image {
            let value = try pictureInput(except: Set(found.keys))
            found[value.name] = try picture(path, for: value)
        }
        let shapes = try options.shapes()
        for name in shapes.keys { _ = try known(name, in: "--shape") }
        var data: [Datum] = []
        for (index, value) in values.enumerated() {
            if let tensor = found[value.name] {
                data.append(.tensor(tensor))
            } else {
                randomNames.append(value.name)
                data.append(try RandomInput.make(value, seed: options.seed &+ UInt64(index), shape: shapes[value.name]))
            }
        }
        return data
    }

    private func known(_ name: String, in place: String) throws -> Value {
        guard let value = values.first(where: { $0.name == name }) else {
            let names = values.map { "'\($0.name)'" }.joined(separator: ", ")
            throw Failure("\(place): the model has no input '\(name)'; it takes \(names)")
        }
        return value
    }

    private mutating func tensor(_ value: Value, from path: String) throws -> Tensor {
        let bytes = try FileBytes.read(path)
        do {
            if bytes.starts(with: [0x93, 0x4E, 0x55]) {
                return try NumpyArray.decode(bytes, wanted: value.type.elementType)
            }
            if Image.isPicture(bytes) {
                return try picture(path, for: value)
            }
            if path.hasSuffix(".json") {
                return try JSONArray.decode(try JSONValue(parsing: bytes), as: value.type.elementType)
            }
            guard let elementType = value.type.elementType else {
                throw Failure("\(path): raw bytes for \(value.type)")
            }
            let given = try options.shapes()[value.name]
            let sizes: [Int?] = given.map { $0.map { $0 } } ?? value.type.dimensions?.map(\.value) ?? [nil]
            return try RawArray.decode(bytes, elementType, shape: sizes)
        } catch let error as FormatError {
            throw error.within(path)
        }
    }

    private func pictureInput(except taken: Set<String>) throws -> Value {
        let pictures = values.filter { value in
            guard !taken.contains(value.name), let count = value.type.dimensions?.count else { return false }
            return count == 3 || count == 4
        }
        guard let value = pictures.first, pictures.count == 1 else {
            throw Failure(
                "--image needs one input of rank 3 or 4, the model has \(pictures.count); use --input NAME=FILE")
        }
        return value
    }

    private mutating func picture(_ path: String, for value: Value) throws -> Tensor {
        let recipe = try recipe ?? chosenRecipe(for: value)
        self.recipe = recipe
        do {
            return try recipe.apply(to: try Image(decoding: try FileBytes.read(path)))
        } catch {
            throw error.within(path)
        }
    }

    /// The recipe that was asked for, that stands beside the model, or that fits the input's shape.
    private func chosenRecipe(for value: Value) throws -> Recipe {
        if let path = options.recipe { return try InputBuilder.recipe(at: path) }
        if let name = options.preset { return InputBuilder.fitted(try Recipe.preset(name), to: value) }
        if let path = InputBuilder.recipePath(besides: modelPath) { return try InputBuilder.recipe(at: path) }
        throw Failure(
            "no recipe says how a picture becomes \(value.type): give --preset or --recipe, or put one beside the model"
        )
    }

    private static func recipe(at path: String) throws -> Recipe {
        do {
            return try Recipe(parsing: try FileBytes.read(path))
        } catch {
            throw error.within(path)
        }
    }

    /// The recipe file that belongs to a model: `model.recipe.json`, or `recipe.json` in its folder.
    static func recipePath(besides modelPath: String) -> String? {
        let folder = modelPath.lastIndex(of: "/").map { String(modelPath[...$0]) } ?? ""
        let stem = modelPath.hasSuffix(".onnx") ? String(modelPath.dropLast(5)) : modelPath
        return [stem + ".recipe.json", folder + "recipe.json"].first(where: FileBytes.exists)
    }

    /// The recipe with the layout, size and element type the input declares.
    private static func fitted(_ recipe: Recipe, to value: Value) -> Recipe {
        var result = recipe
        if let elementType = value.type.elementType { result.elementType = elementType }
        guard let sizes = value.type.dimensions?.map(\.value), sizes.count == 3 || sizes.count == 4 else {
            return result
        }
        let last = sizes.count - 1
        let isLast = (sizes[last] == 3 || sizes[last] == 1) && sizes[last - 2] != 3
        result.layout = sizes.count == 4 ? (isLast ? .nhwc : .nchw) : (isLast ? .hwc : .chw)
        if (isLast ? sizes[last] : sizes[last - 2]) == 1 { result.colours = .grey }
        let (height, width) = isLast ? (sizes[last - 2], sizes[last - 1]) : (sizes[last - 1], sizes[last])
        if let height, let width { result = result.fitted(width: width, height: height) }
        return result
    }
}
