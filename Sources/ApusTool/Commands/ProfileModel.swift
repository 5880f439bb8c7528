// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusFormats
import ApusTensors
import ArgumentParser

/// Says where the time of a model goes.
struct ProfileModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Measures each node of a model: time, arithmetic and bytes in a second.",
        discussion: """
            Times are medians over the runs. GFLOP/s count two operations for each multiply-add of the plain \
            definition, whatever the algorithm; GB/s count every tensor read or written once, weights as packed.
            """)

    @Argument(help: "An ONNX model or a plan.", completion: .file(extensions: ["onnx", "plan"]))
    var model: String

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var inputOptions: InputOptions

    @Option(help: ArgumentHelp("Runs to take medians of.", valueName: "count"))
    var runs: Int = 20

    @Option(help: ArgumentHelp("Runs before the measured ones.", valueName: "count"))
    var warmup: Int = 3

    @Option(help: ArgumentHelp("Print so many nodes, the longest first; else all.", valueName: "count"))
    var top: Int?

    @Option(help: ArgumentHelp("Write the last run for Perfetto or chrome://tracing.", valueName: "trace.json"))
    var trace: String?

    @Flag(help: "Print the measurements as JSON.")
    var json = false

    func validate() throws {
        guard runs >= 1, warmup >= 0, top ?? 1 >= 1 else {
            throw ValidationError("--runs and --top take 1 or more, --warmup 0 or more")
        }
        if modelOptions.backend.isForeign { throw ValidationError("only cpu tells the times of nodes") }
    }

    func run() throws {
        try reporting(json: json) {
            let progress = Progress()
            let loaded = try LoadedModel(model, modelOptions, progress: progress)
            var builder = InputBuilder(loaded.plan.inputs, modelPath: model, inputOptions)
            let inputs = try builder.build()
            let session = loaded.plan.makeSession()
            for _ in 0..<warmup { _ = try Stopwatch.time { try session.run(inputs) } }
            session.isProfiling = true
            var profiles: [Profile] = []
            for run in 0..<runs {
                progress.update("run \(run + 1) of \(runs)")
                _ = try Stopwatch.time { try session.run(inputs) }
                if let recorded = session.profile { profiles.append(recorded) }
            }
            progress.finish()
            if let path = trace, let last = profiles.last { try ChromeTrace.write(last, to: path) }
            let times = NodeTimes(profiles)
            print(json ? times.json.text(isIndented: true) : times.text(top: top))
        }
    }
}
