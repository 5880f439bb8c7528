// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusFormats
import ApusGraphs
import ApusKernels
import ApusONNX
import ApusTensors
import ArgumentParser

/// Runs a model in two ways and compares the results.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a model in two ways on the same inputs and reports how far the results differ.",
        discussion: """
            The other way is a backend (onnxruntime), a stage of compilation (imported, simplified, lowered) or an \
            instruction set (scalar, avx2, avx512, neon). Exit code 2 tells that a value departs by more than \
            atol + rtol * (the largest magnitude of the reference).
            """)

    @Argument(help: "An ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: String

    @Option(help: ArgumentHelp("The reference: a backend, a stage or an instruction set.", valueName: "way"))
    var against: String

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var inputOptions: InputOptions

    @Flag(help: "Compare the values between nodes too and name the first that departs.")
    var everyNode = false

    @Option(help: "The allowed error relative to the largest magnitude.")
    var rtol: Double = 1e-4

    @Option(help: "The allowed absolute error.")
    var atol: Double = 1e-6

    @Flag(help: "Print the comparison as JSON.")
    var json = false

    func run() throws {
        try reporting(json: json) {
            let progress = Progress()
            var options = try modelOptions.options()
            if modelOptions.backend != Backends.own { options.stage = .imported }
            let imported = try Model.read(path: model, options: options)
            let graph = everyNode ? imported.graph.exposingValues() : imported.graph
            let backend = try Backends.find(modelOptions.backend, library: modelOptions.library)
            let (reference, referenceBackend) = try self.reference(options)
            progress.announce("compiling \(model)")
            let ours = try Model.plan(graph, options: options, environment: PlanOptions(options), backend: backend)
            let theirs = try Model.plan(
                graph, options: reference, environment: PlanOptions(reference), backend: referenceBackend)
            var builder = InputBuilder(ours.inputs, modelPath: model, inputOptions)
            let inputs = try builder.build()
            progress.announce("running \(model)")
            let results = try run(ours, inputs)
            let expected = try run(theirs, inputs)
            progress.finish()
            let named = zip(ours.outputs, zip(results, expected)).map { ($0.name, $1.0, $1.1) }
            let report = DifferenceReport(
                named, rtol: rtol, atol: atol, producers: everyNode ? graph.producerPlaces : [:],
                outputs: Set(imported.graph.outputs.map(\.name)))
            print(json ? report.json.text(isIndented: true) : report.text)
            if !report.agrees { throw Exit.difference }
        }
    }

    private func run(_ plan: any Plan, _ inputs: [Datum]) throws -> [Datum] {
        do {
            return try plan.makeSession().run(inputs)
        } catch {
            throw EngineError(error)
        }
    }

    private func reference(_ options: Options) throws -> (Options, any Backend) {
        var reference = options
        if let stage = Stage(rawValue: against) {
            reference.stage = stage
            return (reference, CPUBackend())
        }
        if let instructionSet = InstructionSet(rawValue: against) {
            guard instructionSet.isPresent else { throw ValidationError("this machine has no \(against)") }
            reference.instructionSet = instructionSet
            return (reference, CPUBackend())
        }
        reference.stage = .imported
        return (reference, try Backends.find(against, library: modelOptions.library))
    }
}

extension Graph {
    /// The graph with every value its nodes make among its outputs.
    func exposingValues() -> Graph {
        var result = self
        var known = Set(outputs.map(\.name))
        for name in nodes.flatMap(\.outputs) where !name.isEmpty && known.insert(name).inserted {
            result.outputs.append(Value(name, types[name] ?? .unknown))
        }
        return result
    }

    /// Position and place of the node that makes each value.
    var producerPlaces: [String: (position: Int, place: NodePlace)] {
        var result: [String: (position: Int, place: NodePlace)] = [:]
        for (index, node) in nodes.enumerated() {
            for name in node.outputs { result[name] = (index, NodePlace(node)) }
        }
        return result
    }
}
