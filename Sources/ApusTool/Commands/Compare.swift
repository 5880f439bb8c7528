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
            The other way is a backend (cpu, onnxruntime), a stage of compilation (imported, simplified, lowered), an \
            instruction set (scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot), a precision (f32, bf16) or \
            the file of another model with the same inputs and outputs. For each output the largest absolute \
            difference is printed, and the same relative to the largest magnitude of the reference. Exit code 2 tells \
            that it is more than atol + rtol * (that magnitude).
            """)

    @Argument(help: "An ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: String

    @Option(
        help: ArgumentHelp(
            "The reference: a backend, a stage, an instruction set, a precision or a model.", valueName: "way"),
        completion: .list(
            Backends.allCases.map(\.rawValue) + Stage.allCases.map(\.rawValue)
                + InstructionSet.allCases.map(\.rawValue) + Precision.allCases.map(\.rawValue)
        ))
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

    /// One way to run a model.
    private struct Way {
        var graph: Graph
        var options: Options
        var backend: any Backend

        func plan(exposingValues: Bool) throws -> any Plan {
            try Model.plan(
                exposingValues ? graph.exposingValues() : graph, options: options, environment: PlanOptions(options),
                backend: backend)
        }
    }

    func validate() throws {
        guard rtol >= 0, atol >= 0 else { throw ValidationError("--rtol and --atol take 0 or more") }
        if let instructionSet = InstructionSet(rawValue: against) {
            guard instructionSet.isPresent else { throw ValidationError("this machine has no \(against)") }
        } else if Backends(rawValue: against) == nil, Stage(rawValue: against) == nil,
            Precision(rawValue: against) == nil
        {
            guard FileBytes.exists(against) else {
                throw ValidationError(
                    "--against takes a backend (\(Backends.allValueStrings.joined(separator: ", "))), a stage "
                        + "(\(Stage.allValueStrings.joined(separator: ", "))), an instruction set, a precision or a "
                        + "model's file; there is no '\(against)'")
            }
            if everyNode { throw ValidationError("--every-node needs one model, run in two ways") }
        }
    }

    func run() throws {
        try reporting(json: json) {
            let progress = Progress()
            defer { progress.finish() }
            progress.update("compiling \(model)")
            var options = try modelOptions.options()
            if modelOptions.backend.isForeign { options.stage = .imported }
            let imported = try Model.read(path: model, options: options)
            if imported.plan != nil, !FileBytes.exists(against) {
                throw Failure("a plan runs in one way: compare it with a model's file, not with \(against)")
            }
            try modelOptions.checkBackend(for: imported)
            options = options.adapted(to: imported)
            let graph = imported.graph
            let ours = Way(
                graph: graph, options: options, backend: try modelOptions.backend.make(library: modelOptions.library))
            let theirs = try reference(ours)
            let plans = (try ours.plan(exposingValues: false), try theirs.plan(exposingValues: false))
            var builder = InputBuilder(plans.0.inputs, modelPath: model, inputOptions)
            let inputs = try builder.build()
            progress.update("running \(model)")
            var report = DifferenceReport(try results(plans, inputs), rtol: rtol, atol: atol)
            if everyNode {
                progress.update("comparing every node of \(model)")
                let plans = (try ours.plan(exposingValues: true), try theirs.plan(exposingValues: true))
                report.addNodes(try results(plans, inputs), producers: graph.producerPlaces)
            }
            progress.finish()
            print(json ? report.json.text(isIndented: true) : report.text)
            if !report.agrees { throw Exit.difference }
        }
    }

    /// Each output by name with its reference.
    private func results(
        _ plans: (ours: any Plan, theirs: any Plan), _ inputs: [Datum]
    ) throws -> [(name: String, result: Datum, reference: Datum)] {
        let ours = try run(plans.ours, inputs)
        let theirs = try run(plans.theirs, try ordered(inputs, of: plans.ours, for: plans.theirs))
        let expected = Dictionary(zip(plans.theirs.outputs.map(\.name), theirs)) { first, _ in first }
        return try zip(plans.ours.outputs, ours).map { output, result in
            guard let reference = expected[output.name] else {
                throw Failure("\(against) has no output '\(output.name)'")
            }
            return (output.name, result, reference)
        }
    }

    private func ordered(_ inputs: [Datum], of ours: any Plan, for theirs: any Plan) throws -> [Datum] {
        let given = Dictionary(zip(ours.inputs.map(\.name), inputs)) { first, _ in first }
        return try theirs.inputs.map { input in
            guard let datum = given[input.name] else { throw Failure("\(model) has no input '\(input.name)'") }
            return datum
        }
    }

    private func run(_ plan: any Plan, _ inputs: [Datum]) throws -> [Datum] {
        do {
            return try plan.makeSession().run(inputs)
        } catch {
            throw EngineError(error)
        }
    }

    private func reference(_ ours: Way) throws -> Way {
        var way = Way(graph: ours.graph, options: ours.options, backend: CPUBackend())
        if let stage = Stage(rawValue: against) {
            way.options.stage = stage
        } else if let instructionSet = InstructionSet(rawValue: against) {
            way.options.instructionSet = instructionSet
        } else if let precision = Precision(rawValue: against) {
            way.options.precision = precision
        } else if let backend = Backends(rawValue: against) {
            way.options.stage = backend.isForeign ? .imported : modelOptions.stage
            way.backend = try backend.make(library: modelOptions.library)
        } else {
            way.options.stage = modelOptions.backend.isForeign ? .imported : modelOptions.stage
            let other = try Model.read(path: against, options: way.options)
            try modelOptions.checkBackend(for: other)
            way.options = way.options.adapted(to: other)
            way.graph = other.graph
            way.backend = ours.backend
        }
        return way
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
