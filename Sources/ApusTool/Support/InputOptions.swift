// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusTensors
import ArgumentParser

/// Where a model's inputs come from.
struct InputOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A .npz archive of arrays named as the model's inputs.", valueName: "in.npz"))
    var inputs: String?

    @Option(
        help: ArgumentHelp(
            "One input from a .npy, .json, raw or picture file; repeatable.", valueName: "name=file"))
    var input: [String] = []

    @Option(
        help: ArgumentHelp("A JPEG, PNG, WebP or JPEG 2000 picture for the model's picture input.", valueName: "file"))
    var image: String?

    @Option(help: ArgumentHelp("A JSON file that says how pictures become numbers.", valueName: "file"))
    var recipe: String?

    @Option(
        help: ArgumentHelp(
            "A named recipe: \(Recipe.presets.map(\.name).joined(separator: ", ")).", valueName: "name"))
    var preset: String?

    @Option(
        help: ArgumentHelp("The shape of a raw or random input, as in --shape x=1x3x224x224.", valueName: "name=sizes"))
    var shape: [String] = []

    @Option(help: ArgumentHelp("The seed of inputs that are given no other way.", valueName: "number"))
    var seed: UInt64 = 0

    /// Checks what the parser cannot.
    func validate() throws {
        for text in input { _ = try Assignment.split(text, option: "--input") }
        if let preset, !Recipe.presets.contains(where: { $0.name == preset }) {
            let names = Recipe.presets.map(\.name).joined(separator: ", ")
            throw ValidationError("there is no preset '\(preset)'; there are \(names)")
        }
        _ = try shapes()
    }

    /// The shapes given on the command line.
    func shapes() throws -> [String: Shape] {
        var result: [String: Shape] = [:]
        for text in shape {
            let (name, value) = try Assignment.split(text, option: "--shape")
            let sizes = value.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard sizes.allSatisfy({ $0.map { $0 >= 0 } ?? false }) else {
                throw ValidationError("--shape \(text): expected sizes such as 1x3x224x224")
            }
            result[name] = Shape(sizes.compactMap { $0 })
        }
        return result
    }
}
