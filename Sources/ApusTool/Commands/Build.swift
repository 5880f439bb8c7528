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
            A plan is an ONNX model with nodes of the domain apus.cpu, its weights packed for this machine in segments \
            that are mapped when it is opened. It is refused by another engine, on machines with other instructions, \
            and when the model it was built from lies where it lay and has changed.
            """)

    @Argument(help: "An ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The plan to write.", valueName: "file"))
    var output: String

    @OptionGroup var modelOptions: ModelOptions

    @Flag(
        inversion: .prefixedNo,
        help: "Measure the ways to compute each node, once on each machine, and take the fastest.")
    var tune = true

    @Flag(help: "Read the written plan again and compare every checksum.")
    var verify = false

    @Flag(help: "Print what was done as JSON.")
    var json = false

    func validate() throws {
        if modelOptions.backend.isForeign { throw ValidationError("only cpu makes plans: leave --backend out") }
        if modelOptions.stage != .lowered { throw ValidationError("a plan is always lowered: leave --stage out") }
    }

    func run() throws {
        try reporting(json: json) {
            var options = try modelOptions.options()
            let progress = Progress()
            progress.update("compiling \(model)")
            defer { progress.finish() }
            options.isTuned = tune
            options.reportTuning = { [model] what in progress.update("compiling \(model): timing \(what)") }
            let imported = try Model.read(path: model, options: options)
            let graph = try Model.lowered(imported, from: model, options: options)
            progress.update("writing \(output)")
            try Model.write(graph, of: imported, from: model, to: output, options: options)
            if verify {
                progress.update("verifying \(output)")
                options.verifiesPlans = true
                _ = try Model(path: output, options: options)
            }
            progress.finish()
            GraphFile.report(imported.graph, graph, to: output, json: json)
        }
    }
}
