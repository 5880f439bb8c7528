// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusFormats
import ApusGraphs
import ApusTensors
import ArgumentParser

/// Runs a model once.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a model on arrays, a picture or made-up inputs.",
        discussion: """
            Inputs come from --inputs, --input and --image; any that is left is made from --seed. A picture needs a \
            recipe: --preset, --recipe, or a file MODEL.recipe.json or recipe.json beside the model.
            """)

    @Argument(help: "An ONNX model or a plan.", completion: .file(extensions: ["onnx", "plan"]))
    var model: String

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var inputOptions: InputOptions

    @Option(help: ArgumentHelp("Write the outputs to a .npz archive.", valueName: "out.npz"))
    var outputs: String?

    @Option(help: ArgumentHelp("Names of classes: one a line, or JSON.", valueName: "file"))
    var labels: String?

    @Option(help: ArgumentHelp("Print this many of the best classes.", valueName: "count"))
    var top: Int?

    @Option(help: ArgumentHelp("Write a trace for Perfetto or chrome://tracing.", valueName: "trace.json"))
    var profile: String?

    @Flag(help: "Print the time of each operator.")
    var operators = false

    @Flag(help: "Print results as JSON, all elements included.")
    var json = false

    func validate() throws {
        if let top, top < 1 { throw ValidationError("--top takes 1 or more") }
        if modelOptions.backend.isForeign, operators || profile != nil {
            throw ValidationError("only cpu tells the times of operators: leave --operators and --profile out")
        }
    }

    func run() throws {
        try reporting(json: json) {
            let progress = Progress()
            let loaded = try LoadedModel(model, modelOptions, progress: progress)
            var builder = InputBuilder(loaded.plan.inputs, modelPath: model, inputOptions)
            let inputs = try builder.build()
            let session = loaded.plan.makeSession()
            session.isProfiling = profile != nil || operators
            let clock = ContinuousClock()
            progress.update("running \(model)")
            let start = clock.now
            let results = try execute(session, inputs)
            let elapsed = clock.now - start
            progress.finish()
            let named = zip(loaded.plan.outputs, results).map { (name: $0.name, datum: $1) }
            if let path = outputs { try OutputFiles.write(named, to: path) }
            if let path = profile, let recorded = session.profile { try ChromeTrace.write(recorded, to: path) }
            let classes = try ranking(named, recipe: builder.recipe)
            if json {
                printJSON(named, classes, loaded, elapsed, session.profile)
            } else {
                printText(named, classes, loaded, elapsed, session.profile, made: builder.randomNames)
            }
        }
    }

    private func execute(_ session: any ApusExecution.Session, _ inputs: [Datum]) throws -> [Datum] {
        do {
            return try session.run(inputs)
        } catch {
            throw EngineError(error)
        }
    }

    private func ranking(_ results: [(name: String, datum: Datum)], recipe: Recipe?) throws -> Ranking? {
        let folder = model.lastIndex(of: "/").map { String(model[...$0]) } ?? ""
        let path = labels ?? recipe?.labels.map { folder + $0 }
        guard path != nil || top != nil else { return nil }
        let names = try path.map { try Labels.read($0) }
        return try Ranking(results, names: names, count: top ?? 5)
    }

    private func printText(
        _ results: [(name: String, datum: Datum)], _ classes: Ranking?, _ loaded: LoadedModel, _ elapsed: Duration,
        _ recorded: Profile?, made: [String]
    ) {
        if !made.isEmpty {
            Terminal.note("made from seed \(inputOptions.seed): \(made.joined(separator: ", "))")
        }
        if let classes { print(classes.text) } else { results.forEach { print(Summary.text($0.name, $0.datum)) } }
        if operators, let recorded { print("\n" + OperatorTimes(recorded).text) }
        let load = Numbers.time(milliseconds: Numbers.milliseconds(loaded.loadTime))
        let run = Numbers.time(milliseconds: Numbers.milliseconds(elapsed))
        print(Terminal.styled("\nloaded in \(load), ran in \(run)", .dim))
    }

    private func printJSON(
        _ results: [(name: String, datum: Datum)], _ classes: Ranking?, _ loaded: LoadedModel, _ elapsed: Duration,
        _ recorded: Profile?
    ) {
        var members: [JSONValue.Member] = [
            .init("load_ms", .number(Numbers.milliseconds(loaded.loadTime))),
            .init("run_ms", .number(Numbers.milliseconds(elapsed))),
        ]
        if let classes { members.append(.init("classes", classes.json)) }
        if operators, let recorded { members.append(.init("operators", OperatorTimes(recorded).json)) }
        members.append(.init("outputs", .object(results.map { .init($0.name, Summary.json($0.datum)) })))
        print(JSONValue.object(members).text(isIndented: true))
    }
}
