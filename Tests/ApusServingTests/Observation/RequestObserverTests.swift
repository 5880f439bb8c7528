// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite(.timeLimit(.minutes(1))) struct RequestObserverTests {
    /// A server of the model `m`, whose log goes into a pipe and whose traces into a folder.
    private struct Observed {
        let pipe: Pipe
        let folder = TemporaryFolder()
        let state: EdgeState
        let small: SmallServer

        init(tracesFile: Bool = true) throws {
            pipe = try Pipe()
            state = EdgeState(
                traces: TraceSettings(file: tracesFile ? "\(folder.path)/trace" : nil),
                writer: BackgroundWriter(descriptor: pipe.input))
            small = SmallServer(observer: state.observer)
            try small.load("m", .doubling)
        }

        func infer(_ count: Int) async throws {
            for _ in 0..<count { _ = try await small.server.infer(SmallServer.request("m", 1)) }
        }

        /// The names of the traced requests' files, by the number of requests in each.
        func traces(_ name: String) -> Int {
            state.observer.tracer.finish()
            state.writer.flush()
            return folder.text(name).split(separator: "model_name", omittingEmptySubsequences: false).count - 1
        }
    }

    @Test("At verbose level 1 each request has a line with its outcome and where its time went, at 0 it has none")
    func lines() async throws {
        let observed = try Observed()
        try await observed.infer(1)
        try observed.state.logs.change([("log_verbose_level", .count(1))])
        try await observed.infer(1)
        _ = try? await observed.small.server.infer(SmallServer.request("no\nbody", 1))
        observed.state.writer.flush()
        let lines = observed.pipe.text().split(separator: "\n")
        #expect(lines.count == 2)
        let first = try #require(lines.first)
        #expect(first.first == "I")
        #expect(
            first.contains("] infer model=m version=1 status=OK queue_us=") && first.contains(" compute_us=")
                && first.hasSuffix(" id=r"))
        #expect(lines.last?.contains("infer model=no?body version=- status=NOT_FOUND total_us=") == true)
    }

    @Test("Refusals are warned of once, not for each request, and not at all where warnings are off")
    func warnings() async throws {
        let observed = try Observed()
        observed.small.server.beginShutdown()
        for _ in 0..<5 { _ = try? await observed.small.server.infer(SmallServer.request("m", 1)) }
        observed.state.writer.flush()
        let text = observed.pipe.text()
        #expect(text.first == "W" && text.split(separator: "\n").count == 1 && text.contains("shutting down"))
        let silent = try Observed()
        try silent.state.logs.change([("log_warning", .bool(false))])
        silent.small.server.beginShutdown()
        _ = try? await silent.small.server.infer(SmallServer.request("m", 1))
        silent.state.writer.flush()
        #expect(silent.pipe.text().isEmpty)
    }

    @Test("One request in so many is traced, up to the count, with the times of its stages in their order")
    func rate() async throws {
        let observed = try Observed()
        try observed.state.traces.change(
            nil, [("trace_level", ["TIMESTAMPS"]), ("trace_rate", ["3"]), ("trace_count", ["2"])])
        try await observed.infer(12)
        #expect(observed.traces("trace") == 2)
        let text = observed.folder.text("trace")
        #expect(
            text.hasPrefix(#"[{"id":1,"model_name":"m","model_version":1,"request_id":"r"},{"id":1,"timestamps":["#))
        let names = text.split(separator: "\"name\":\"").dropFirst().prefix(8).map { $0.prefix { $0 != "\"" } }
        #expect(
            names == [
                "REQUEST_START", "QUEUE_START", "COMPUTE_START", "COMPUTE_INPUT_END", "COMPUTE_OUTPUT_START",
                "COMPUTE_END", "INFER_RESPONSE_COMPLETE", "REQUEST_END",
            ])
        let times = text.split(separator: "\"ns\":").dropFirst().prefix(8).compactMap { Int($0.prefix { $0.isNumber }) }
        #expect(times.count == 8 && times == times.sorted())
    }

    @Test("With a frequency so many traces share a file, and the rest follows at the end")
    func frequency() async throws {
        let observed = try Observed()
        try observed.state.traces.change(
            nil, [("trace_level", ["TIMESTAMPS"]), ("trace_rate", ["1"]), ("log_frequency", ["2"])])
        try await observed.infer(5)
        #expect((0..<4).map { observed.traces("trace.\($0)") } == [2, 2, 1, 0])
    }

    @Test("A model's own settings hold for it alone, and taking them back brings those of all models")
    func ownSettings() async throws {
        let observed = try Observed()
        try observed.state.traces.change(nil, [("trace_level", ["TIMESTAMPS"]), ("trace_rate", ["1"])])
        try observed.state.traces.change("m", [("trace_level", ["OFF"])])
        try await observed.infer(2)
        #expect(observed.traces("trace") == 0)
        try observed.state.traces.change("m", [("trace_level", [])])
        try await observed.infer(2)
        #expect(observed.traces("trace") == 2)
    }

    @Test("Without a file traces cannot be switched on, and tensors are not traced")
    func refusals() throws {
        let settings = TraceSettings()
        let timestamps = #expect(throws: ServingError.self) {
            try settings.change(nil, [("trace_level", ["TIMESTAMPS"])])
        }
        #expect(timestamps?.code == .invalidArgument)
        let tensors = #expect(throws: ServingError.self) {
            try TraceSettings(file: "x").change(nil, [("trace_level", ["TENSORS"])])
        }
        #expect(tensors?.code == .unimplemented)
    }
}
