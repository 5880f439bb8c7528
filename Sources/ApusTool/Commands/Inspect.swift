// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusFormats
import ApusGraphs
import ApusONNX
import ArgumentParser

/// Tells what is in a model.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what is in a model: inputs, outputs, operators, parameters, work and memory.")

    /// A way to draw a graph.
    enum Drawing: String, ExpressibleByArgument, CaseIterable {
        case text
        case dot
        case svg
    }

    @Argument(help: "An ONNX model or a plan.", completion: .file(extensions: ["onnx", "plan"]))
    var model: String

    @Option(help: "Print the graph.")
    var graph: Drawing?

    @Option(help: ArgumentHelp("Tell how another model differs.", valueName: "other"), completion: .file())
    var diff: String?

    @Option(help: "How far to compile before looking.")
    var stage: Stage = .imported

    @Option(help: "What products and convolutions of a lowered graph multiply.")
    var precision: Precision = .f32

    @Option(help: ArgumentHelp("Set a named dimension, as in --size N=1; repeatable.", valueName: "name=number"))
    var size: [String] = []

    @Flag(
        help:
            "Tell which ways there were to compute each node of a plan, and what was expected of and measured for each."
    )
    var tactics = false

    @Flag(help: "Read all of a plan, and the model it was built from, and compare every checksum.")
    var verify = false

    @Flag(help: "Print as JSON.")
    var json = false

    func validate() throws {
        if diff != nil, graph != nil { throw ValidationError("--graph and --diff are two questions: ask one") }
        if tactics, graph != nil || diff != nil {
            throw ValidationError("--tactics, --graph and --diff are different questions: ask one")
        }
    }

    func run() throws {
        try reporting(json: json) {
            let first = try report(model)
            if let diff {
                let second = try report(diff)
                let difference = ModelDifference(first, second)
                print(json ? difference.json.text(isIndented: true) : difference.text)
                if !difference.isEmpty { throw Exit.difference }
                return
            }
            if tactics {
                let chosen = TacticReport(first.graph)
                return print(json ? chosen.json.text(isIndented: true) : chosen.text)
            }
            guard let graph else { return print(json ? first.json.text(isIndented: true) : first.text) }
            let drawing =
                switch graph {
                case .text: GraphDrawing.text(first.graph)
                case .dot: GraphDrawing.dot(first.graph, facts: first.facts)
                case .svg: GraphPicture(first.graph, facts: first.facts).svg
                }
            let form = graph.rawValue
            print(json ? JSONValue.object([form: .string(drawing)]).text() : drawing, terminator: json ? "\n" : "")
        }
    }

    private func report(_ path: String) throws -> ModelReport {
        var options = ModelOptions()
        options.size = size
        var settings = Options()
        settings.stage = stage
        settings.precision = precision
        settings.sizes = try options.sizes()
        settings.verifiesPlans = verify
        let imported = try Model.read(path: path, options: settings, isChecked: verify)
        if verify, imported.plan == nil { throw Failure("'\(path)' is no plan: only plans have checksums") }
        let graph = try Model.compiled(imported.graph, options: settings.adapted(to: imported))
        return ModelReport(
            path: path, graph: graph, properties: imported.properties,
            plan: imported.plan.map { PlanReport($0, settings, isVerified: verify) })
    }
}
