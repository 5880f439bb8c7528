// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusGraphs
import ApusONNX
import ArgumentParser

/// Compiles a model for this machine and saves the plan.
struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compiles a model for this machine and saves the plan, which loads without compiling.",
        discussion: """
            A plan is an ONNX file with nodes of the domain apus.cpu. It runs on machines with the same instruction \
            set; elsewhere it is refused.
            """)

    @Argument(help: "An ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The plan to write.", valueName: "file"))
    var output: String

    @OptionGroup var modelOptions: ModelOptions

    @Flag(help: "Print what was done as JSON.")
    var json = false

    func validate() throws {
        if modelOptions.backend.isForeign { throw ValidationError("only cpu makes plans: leave --backend out") }
        if modelOptions.stage != .lowered { throw ValidationError("a plan is always lowered: leave --stage out") }
    }

    func run() throws {
        try reporting(json: json) {
            let options = try modelOptions.options()
            let progress = Progress()
            progress.update("compiling \(model)")
            defer { progress.finish() }
            let imported = try Model.read(path: model, options: options)
            let graph = try Model.compiled(imported.graph, options: options)
            let properties = PlanFile.marking(imported.properties, instructionSet: options.instructionSet)
            try GraphFile.write(graph, properties: properties, to: output, asText: false)
            progress.finish()
            GraphFile.report(imported.graph, graph, to: output, json: json)
        }
    }
}
