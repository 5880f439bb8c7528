// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusONNX
import ApusTensors

/// A reader that takes bytes from outside: any bytes end in a value or an error, never in a trap.
///
/// `Scripts/fuzz` feeds each with what libFuzzer makes up; the tests feed each with the files of `Fuzz/Corpus`.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// A model, or a file that holds one tensor.
    case onnx
    /// A graph as text.
    case graph
    /// An array or an archive of NumPy's.
    case numpy
    /// A preprocessing recipe, or an array as JSON.
    case recipe

    /// Reads the bytes, and writes and reads again what could be read.
    public func read(_ bytes: [UInt8]) {
        switch self {
        case .onnx: FuzzTarget.readModel(bytes)
        case .graph: FuzzTarget.readGraph(bytes)
        case .numpy: FuzzTarget.readArrays(bytes)
        case .recipe: FuzzTarget.readRecipe(bytes)
        }
    }

    private static func readModel(_ bytes: [UInt8]) {
        let importer = ONNXImporter(catalogue: nil)
        if let model = try? importer.importModel(bytes: bytes),
            let written = try? ONNXExporter(properties: model.properties).bytes(of: model.graph)
        {
            _ = try? importer.importModel(bytes: written)
        }
        _ = try? importer.importDatum(bytes: bytes)
        _ = try? importer.importDatum(bytes: bytes, as: .sequence(.optional(.unknown)))
    }

    private static func readGraph(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let graph = try? GraphParser.parse(text, limitBytes: 1 << 20) else { return }
        let printed = GraphPrinter().text(of: graph)
        _ = try? GraphParser.parse(printed, limitBytes: 1 << 20)
        _ = try? ONNXExporter(properties: ModelProperties()).bytes(of: graph)
        _ = graph.inferred(InferenceOptions())
    }

    private static func readArrays(_ bytes: [UInt8]) {
        for wanted in [nil, ElementType.bfloat16, .float8E4M3FN] as [ElementType?] {
            guard let tensor = try? NumpyArray.decode(bytes, wanted: wanted) else { continue }
            let written = NumpyArray.encode(tensor)
            _ = try? NumpyArray.decode(written, wanted: tensor.elementType)
        }
        guard let arrays = try? NumpyArchive.decode(bytes, limit: 1 << 24) else { return }
        _ = try? NumpyArchive.decode((try? NumpyArchive.encode(arrays)) ?? [])
    }

    private static func readRecipe(_ bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes) else { return }
        _ = try? JSONValue(parsing: json.text(isIndented: true))
        for wanted in [nil, ElementType.int8, .float16, .string] as [ElementType?] {
            guard let tensor = try? JSONArray.decode(json, as: wanted) else { continue }
            _ = JSONArray.encode(tensor).text()
        }
        guard let recipe = try? Recipe(json) else { return }
        let pixels = [UInt8](repeating: 7, count: 4 * 3 * 3)
        guard let image = try? Image(width: 4, height: 3, channelCount: 3, pixels: pixels) else { return }
        for fitted in [recipe, recipe.fitted(width: 5, height: 2), recipe.fitted(width: .max, height: 1)]
        where fitted.sideSum < 600 {
            _ = try? fitted.apply(to: image)
        }
    }
}

extension Recipe {
    /// What the pictures it makes measure around, so that a fuzzer spends no time on large ones.
    fileprivate var sideSum: Double {
        let sides: [Int] =
            switch resize {
            case .shorterSide(let side): [side, side]
            case .exact(let width, let height): [width, height]
            case nil: []
            }
        return (sides + (crop.map { [$0.width, $0.height] } ?? [])).reduce(0) { $0 + Double($1) }
    }
}
