// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusFormats
import ApusGraphs
import ApusONNX
import ArgumentParser

/// Writes a model in another form.
struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simplifies a model and writes it as ONNX, or as text.",
        discussion: "What --output ends with decides the form: .onnx is a model, anything else graph text.")

    @Argument(help: "An ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    @Option(help: "How far to compile.")
    var stage: Stage = .simplified

    @Option(help: ArgumentHelp("Set a named dimension, as in --size N=1; repeatable.", valueName: "name=number"))
    var size: [String] = []

    @Option(
        name: .customLong("external-data"),
        help: ArgumentHelp("Put weights of at least this many bytes into a second file.", valueName: "bytes"))
    var externalData: Int?

    @Flag(help: "Print what was done as JSON.")
    var json = false

    func validate() throws {
        if stage == .lowered { throw ValidationError("a lowered graph is a plan: use apus build") }
    }

    func run() throws {
        try reporting(json: json) {
            var options = Options()
            options.stage = stage
            var sizes = ModelOptions()
            sizes.size = size
            options.sizes = try sizes.sizes()
            let imported = try Model.read(path: model, options: options)
            let graph = try Model.compiled(imported.graph, options: options)
            try GraphFile.write(
                graph, properties: imported.properties, to: output, asText: !output.hasSuffix(".onnx"),
                externalDataThresholdBytes: externalData)
            GraphFile.report(imported.graph, graph, to: output, json: json)
        }
    }
}

/// Graphs as files.
enum GraphFile {
    /// Writes a model or its text.
    static func write(
        _ graph: Graph, properties: ModelProperties, to path: String, asText: Bool,
        externalDataThresholdBytes: Int? = nil
    ) throws {
        if asText { return try FileBytes.write(Array(GraphPrinter().text(of: graph).utf8), to: path) }
        let exporter = ONNXExporter(properties: properties, externalDataThresholdBytes: externalDataThresholdBytes)
        try exporter.export(graph, to: path)
    }

    /// Says what was written.
    static func report(_ before: Graph, _ after: Graph, to path: String, json: Bool) {
        if json {
            let report = JSONValue.object([
                "output": .string(path), "nodes_before": JSONValue(before.nodes.count),
                "nodes_after": JSONValue(after.nodes.count),
            ])
            print(report.text(isIndented: true))
        } else {
            print("\(path): \(after.nodes.count) nodes, from \(before.nodes.count)")
        }
    }
}
