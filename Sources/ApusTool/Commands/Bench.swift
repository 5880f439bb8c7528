// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusFormats
import ApusTensors
import ArgumentParser

/// Measures a model.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures how long a model takes, from loading to the slowest run in a hundred.",
        discussion: """
            With --worker it loads, runs once on --inputs, writes --outputs, prints one JSON line, and then answers \
            each line "run SECONDS LEAST" on standard input with {"ns": [...]}; "quit" or the end of input ends it.

            Started with LD_PRELOAD=libApusAllocations.so (a product of the package), it also counts the allocations \
            of a run.
            """)

    @Argument(help: "An ONNX model or a plan.", completion: .file(extensions: ["onnx", "plan"]))
    var model: String

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var inputOptions: InputOptions

    @Option(help: ArgumentHelp("Measure for at least this long.", valueName: "seconds"))
    var seconds: Double = 3

    @Option(help: ArgumentHelp("Measure at least this many runs.", valueName: "count"))
    var least: Int = 10

    @Option(help: ArgumentHelp("Runs before the measured ones.", valueName: "count"))
    var warmup: Int = 3

    @Flag(help: "Speak the protocol of a benchmark driver on standard input and output.")
    var worker = false

    @Option(help: ArgumentHelp("With --worker: write the first run's outputs here.", valueName: "out.npz"))
    var outputs: String?

    @Flag(help: "Print the measurements as JSON.")
    var json = false

    func validate() throws {
        if worker, json { throw ValidationError("--worker speaks JSON of its own: leave --json out") }
        guard seconds >= 0, seconds < 1e6, least >= 1, warmup >= 0 else {
            throw ValidationError("--seconds and --warmup take 0 or more, --least 1 or more")
        }
    }

    func run() throws {
        if worker { return BenchWorker(self).serve() }
        try reporting(json: json) {
            let progress = Progress()
            let loaded = try LoadedModel(model, modelOptions, progress: progress)
            var builder = InputBuilder(loaded.plan.inputs, modelPath: model, inputOptions)
            let inputs = try builder.build()
            let session = loaded.plan.makeSession()
            var outputs: [Datum] = []
            let first = try Stopwatch.time { try session.run(inputs, into: &outputs) }
            for _ in 0..<warmup { try session.run(inputs, into: &outputs) }
            let times = try measure(seconds, least) { count, left in
                progress.update("run \(count), \(Numbers.fixed(max(0, left), 0)) s to go")
                return try Stopwatch.time { try session.run(inputs, into: &outputs) }
            }
            progress.finish()
            let allocations = try AllocationCount()?.perRun(10) { try session.run(inputs, into: &outputs) }
            var report = BenchReport(loaded, first: first, times: times, allocations: allocations)
            report.activationByteCount = (session as? CPUSession)?.memoryByteCount
            print(json ? report.json.text(isIndented: true) : report.text)
        }
    }

    /// Repeats a timed run for a time and a count.
    func measure(
        _ seconds: Double, _ least: Int, _ body: (Int, Double) throws -> Duration
    ) rethrows -> [Duration] {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        var times: [Duration] = []
        while times.count < least || clock.now < end {
            times.append(try body(times.count, Numbers.milliseconds(end - clock.now) / 1000))
        }
        return times
    }
}

/// Times one call.
enum Stopwatch {
    static func time<Result>(_ body: () throws -> Result) throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            _ = try body()
        } catch let error as RunError {
            throw EngineError(error)
        }
        return clock.now - start
    }
}
