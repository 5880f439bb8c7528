// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusFormats
import ApusGraphs
import ApusTensors

/// The other side of a benchmark driver: one process for an engine, a model and a number of threads.
struct BenchWorker {
    private let bench: Bench

    /// Makes a worker for the command's arguments.
    init(_ bench: Bench) { self.bench = bench }

    /// Loads, runs once, then answers until the end of input; failures are answers too.
    func serve() {
        do {
            let base = PeakMemory.megabytes
            let loaded = try LoadedModel(bench.model, bench.modelOptions)
            var builder = InputBuilder(loaded.plan.inputs, modelPath: bench.model, bench.inputOptions)
            let inputs = try builder.build()
            let session = loaded.plan.makeSession()
            var results: [Datum] = []
            let first = try Stopwatch.time { try session.run(inputs, into: &results) }
            let peak = PeakMemory.megabytes
            if let path = bench.outputs {
                try OutputFiles.write(zip(loaded.plan.outputs, results).map { (name: $0.name, datum: $1) }, to: path)
            }
            say([
                .init("import_ms", 0), .init("load_ms", .number(Numbers.milliseconds(loaded.loadTime))),
                .init("first_ms", .number(Numbers.milliseconds(first))), .init("import_rss", .number(base)),
                .init("rss", .number(peak)),
            ])
            try answer(session, inputs, &results)
        } catch {
            say([.init("error", .string("\(error)"))])
        }
    }

    private func answer(_ session: any Session, _ inputs: [Datum], _ results: inout [Datum]) throws {
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.first == "run" else { return }
            guard words.count == 3, let seconds = Double(words[1]), let least = Int(words[2]), seconds.isFinite else {
                throw Failure("expected \"run SECONDS LEAST\", got \"\(line)\"")
            }
            let times = try bench.measure(seconds, least) { _, _ in
                try Stopwatch.time { try session.run(inputs, into: &results) }
            }
            say([.init("ns", .array(times.map { .integer(Numbers.nanoseconds($0)) }))])
        }
    }

    private func say(_ members: [JSONValue.Member]) { Terminal.sayNow(JSONValue.object(members).text()) }
}
