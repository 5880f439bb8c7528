// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol
import ApusServing
import ApusTensors
import Synchronization
import Testing

@Suite struct ModelRepositoryTests {
    private let folder = TemporaryFolder()
    private let clock = ServingClock.manual()

    private func repository(
        _ change: (inout RepositoryOptions) -> Void = { _ in }
    ) -> (ModelRepository, InferenceServer) {
        var serving = ServingOptions()
        serving.threadCount = 1
        var options = RepositoryOptions(paths: [folder.path])
        change(&options)
        let host = ModelHost(options: serving)
        let repository = ModelRepository(options, host: host, clock: clock)
        return (repository, InferenceServer(options: serving, host: host, repository: repository))
    }

    /// The answers that several tasks get until they are told to stop.
    private final class Tally: Sendable {
        let isOver = Atomic<Bool>(false)
        let answers = Mutex<[Float: Int]>([:])
    }

    /// What the server makes of the number one.
    private func factor(_ server: InferenceServer, _ model: String, version: String = "") async throws -> Float {
        let input = RequestInput(name: "x", tensor: try Tensor([Float](repeating: 1, count: 2), shape: [1, 2]))
        let response = try await server.infer(
            InferenceRequest(model: model, version: version, inputs: [input]))
        return try #require(try response.outputs.first?.tensor.array(of: Float.self).first)
    }

    private func multiplying(_ factor: Int) -> [UInt8] { SmallModel.multiplying(by: factor).bytes }

    private func index(_ server: InferenceServer) -> [String] {
        server.repositoryIndex(onlyReady: false).map {
            "\($0.name) \($0.version) \($0.state) \($0.reason.isEmpty ? "" : "why")"
        }
    }

    @Test("Models of a folder are served with their newest version, bare files as version 1")
    func start() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        folder.write("a/2/model.onnx", multiplying(3))
        folder.write("b.onnx", multiplying(4))
        folder.write("broken/1/model.onnx", [1, 2, 3])
        folder.makeFolder("empty")
        let (repository, server) = repository()
        #expect(!server.isReady)
        try await repository.start()
        #expect(server.isReady)
        #expect(try await factor(server, "a") == 3)
        #expect(try await factor(server, "b", version: "1") == 4)
        #expect(index(server) == ["a 2 READY ", "b 1 READY ", "broken 1 UNAVAILABLE why", "empty  UNAVAILABLE why"])
        #expect(server.repositoryIndex(onlyReady: true).map(\.name) == ["a", "b"])
        let broken = server.repositoryIndex(onlyReady: false).first { $0.name == "broken" }
        #expect(broken?.reason.contains("failed to load 'broken': model 'broken', version 1") ?? false)
        let empty = server.repositoryIndex(onlyReady: false).first { $0.name == "empty" }
        #expect(empty?.reason.contains("/empty/1/model.onnx") ?? false)
    }

    @Test("Version policies, files of other names, labels and warm-ups are followed")
    func configured() async throws {
        for version in 1...3 { folder.write("a/\(version)/m.onnx", multiplying(version + 1)) }
        folder.write("a/names.txt", "cat\ndog\n")
        folder.write("a/warmup/ones", [0, 0, 128, 63, 0, 0, 128, 63])
        folder.write(
            "a/config.pbtxt",
            """
            default_model_filename: "m.onnx" max_batch_size: 8 version_policy { specific { versions: [ 1, 3, 5 ] } }
            output { name: "y" label_filename: "names.txt" }
            model_warmup { name: "w" batch_size: 2 inputs { key: "x" value { dims: 2 input_data_file: "ones" } } }
            """)
        let (repository, server) = repository()
        try await repository.start()
        #expect(index(server) == ["a 1 READY ", "a 3 READY "])
        #expect(try await factor(server, "a", version: "1") == 2)
        #expect(try await factor(server, "a") == 4)
        let configuration = try repository.host.configuration("a", version: "")
        #expect(configuration.outputs.first?.labels == ["cat", "dog"])
        #expect(configuration.warmUps.count == 1)
        #expect(configuration.notes.contains { $0.contains("version 5 is asked for") })
        #expect(try await server.modelMetadata("a", version: "").inputs.first?.shape == [-1, 2])
    }

    @Test(
        "A configuration that cannot be served is refused with the reason",
        arguments: [
            ("name: \"b\"", ServingError.Code.invalidArgument, "config.pbtxt:1: the configuration is of model 'b'"),
            (
                "sequence_batching { iterative_sequence: true }", .unimplemented,
                "iterative_sequence is not supported yet"
            ),
            ("backend: \"python\"", .unimplemented, "backend 'python' is not supported"),
            ("instance_group { kind: KIND_GPU }", .unimplemented, "KIND_GPU"),
            ("max_batch_size: x", .invalidArgument, "config.pbtxt:1:17: 'max_batch_size' is a whole number"),
            ("default_model_filename: \"../../x\"", .invalidArgument, "leads out of the model's folder"),
            ("default_model_filename: \"other\"", .notFound, "has no 'other'"),
            (
                "output { name: \"y\" label_filename: \"/etc/passwd\" }", .invalidArgument,
                "leads out of the model's folder"
            ),
            ("output { name: \"y\" label_filename: \"link\" }", .invalidArgument, "leads out of the model's folder"),
            ("version_policy { specific { versions: 9 } }", .notFound, "wants none"),
            (
                "model_warmup { inputs { key: \"x\" value { dims: 3 zero_data: true } } }", .invalidArgument,
                "failed to load 'a'"
            ),
        ])
    func refused(_ text: String, _ code: ServingError.Code, _ expected: String) async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        folder.write("a/config.pbtxt", text)
        folder.link("a/link", to: "/etc/passwd")
        let (repository, server) = repository { $0.allowsLoading = true }
        try await repository.start()
        do {
            try await server.load("a", parameters: [:], files: [:])
            Issue.record("loaded: \(text)")
        } catch {
            #expect(error.code == code)
            #expect(error.message.contains(expected), "\(error.message)")
        }
    }

    @Test("A version that fails leaves the old one serving, and the index says why")
    func failingReload() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        let (repository, server) = repository { $0.allowsLoading = true }
        try await repository.start()
        folder.write("a/2/model.onnx", [9])
        await #expect(throws: ServingError.self) { try await server.load("a", parameters: [:], files: [:]) }
        #expect(try await factor(server, "a") == 2)
        #expect(index(server) == ["a 1 READY ", "a 2 UNAVAILABLE why"])
        folder.write("a/2/model.onnx", multiplying(5))
        try await server.load("a", parameters: [:], files: [:])
        #expect(try await factor(server, "a") == 5)
        #expect(index(server) == ["a 2 READY "])
    }

    @Test("No request fails while versions are switched under it")
    func switching() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        let (repository, server) = repository { $0.allowsLoading = true }
        try await repository.start()
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !tally.isOver.load(ordering: .acquiring) {
                        let answer = try await factor(server, "a")
                        tally.answers.withLock { $0[answer, default: 0] += 1 }
                    }
                }
            }
            for round in 0..<10 {
                folder.write("a/\(round + 2)/model.onnx", multiplying(round % 2 + 3))
                try await server.load("a", parameters: [:], files: [:])
                let current = Float(round % 2 + 3)
                while tally.answers.withLock({ $0[current] ?? 0 }) <= round { await Task.yield() }
            }
            tally.isOver.store(true, ordering: .releasing)
            try await group.waitForAll()
        }
        #expect(tally.answers.withLock { Set($0.keys) }.isSubset(of: [2, 3, 4]))
        #expect(tally.answers.withLock { Set($0.keys) }.isSuperset(of: [3, 4]))
    }

    @Test("Loading and unloading on request need to be allowed")
    func notAllowed() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        let (repository, server) = repository()
        try await repository.start()
        await #expect(
            throws: ServingError(
                .unavailable, "explicit model load / unload is not allowed if polling is enabled")
        ) { try await server.load("a", parameters: [:], files: [:]) }
        await #expect(throws: ServingError.self) { try await server.unload("a", withDependents: false) }
    }

    @Test("In explicit mode nothing is loaded that was not named, and what is unloaded is told")
    func explicit() async throws {
        folder.write("a.onnx", multiplying(2))
        folder.write("b.onnx", multiplying(3))
        let (repository, server) = repository { ($0.allowsLoading, $0.startup) = (true, .named(["b", "zzz"])) }
        try await repository.start()
        #expect(index(server) == ["a   ", "b 1 READY "])
        try await server.load("a", parameters: [:], files: [:])
        try await server.unload("b", withDependents: false)
        try await server.unload("nothing", withDependents: true)
        #expect(index(server) == ["a 1 READY ", "b 1 UNAVAILABLE why"])
        #expect(server.repositoryIndex(onlyReady: false).last?.reason == "unloaded")
        await #expect(throws: ServingError.self) { try await factor(server, "b") }
        do {
            try await server.load("zzz", parameters: [:], files: [:])
            Issue.record("a model that is not there was loaded")
        } catch {
            #expect(error.message.hasPrefix("failed to load 'zzz', failed to poll from model repository"))
        }
    }

    @Test("A configuration and files that come with the request stand in place of the folder's")
    func inline() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        let (repository, server) = repository { $0.allowsLoading = true }
        try await repository.start()
        try await server.load("a", parameters: ["config": .string(#"{"max_batch_size":32}"#)], files: [:])
        #expect(try await server.modelConfiguration("a", version: "").maxBatchSize == 32)
        let file = ["file:7/model.onnx": multiplying(6)]
        try await server.load("a", parameters: ["config": .string("{}")], files: file)
        #expect(try await factor(server, "a", version: "7") == 6)
        try await server.load("new", parameters: [:], files: ["1/model.onnx": multiplying(7)])
        #expect(try await factor(server, "new") == 7)
        for (name, parameters, files) in [
            ("a", ["config": ParameterValue.string("{")], [:]), ("a", ["config": .bool(true)], [:]),
            ("a", ["other": .bool(true)], [:]), ("../a", [:], [:]), ("a", [:], ["file:../x": [1]]),
            ("a", [:], ["file:1/other.onnx": [1]]), ("a", [:], ["file:1/model.onnx": [1]]),
        ] as [(String, [String: ParameterValue], [String: [UInt8]])] {
            await #expect(throws: ServingError.self) {
                try await server.load(name, parameters: parameters, files: files)
            }
        }
        #expect(try await factor(server, "a", version: "7") == 6)
    }

    @Test("Polling follows models that appear, change and vanish, once they have settled")
    func polling() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        let (repository, server) = repository { ($0.pollInterval, $0.settleTime) = (.seconds(5), .seconds(1)) }
        try await repository.start()
        folder.write("a/2/model.onnx", multiplying(3))
        folder.write("b.onnx", multiplying(4))
        try await repository.poll()
        #expect(try await factor(server, "a") == 2)
        clock.advance(by: .seconds(1))
        try await repository.poll()
        #expect(try await factor(server, "a") == 3)
        #expect(try await factor(server, "b") == 4)
        folder.remove("b.onnx")
        folder.write("a/3/model.onnx", [1])
        try await repository.poll()
        clock.advance(by: .seconds(1))
        try await repository.poll()
        #expect(try await factor(server, "a") == 3)
        #expect(index(server) == ["a 2 READY ", "a 3 UNAVAILABLE why", "b 1 UNAVAILABLE why"])
    }

    @Test("Nothing is read again until the interval is over, and then it is without being asked")
    func interval() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        let (stream, continuation) = AsyncStream.makeStream(of: RepositoryEvent.self)
        let (repository, server) = repository {
            ($0.pollInterval, $0.settleTime) = (.seconds(5), .zero)
            $0.report = { continuation.yield($0) }
        }
        var events = stream.makeAsyncIterator()
        try await repository.start()
        #expect(
            await events.next()
                == .loaded(
                    model: "a", versions: [1],
                    notes: [
                        "max_batch_size is 4: the model's first dimension varies everywhere"
                    ]))
        folder.write("a/2/model.onnx", multiplying(3))
        clock.advance(by: .seconds(5))
        guard case .loaded("a", [2], _)? = await events.next() else {
            Issue.record("version 2 was not loaded")
            return
        }
        #expect(try await factor(server, "a") == 3)
    }

    @Test("Of two models with one name neither is loaded")
    func duplicates() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        folder.write("a.onnx", multiplying(2))
        let (repository, server) = repository()
        try await repository.start()
        #expect(index(server) == ["a  UNAVAILABLE why"])
        #expect(server.repositoryIndex(onlyReady: false).first?.reason.contains("more than one model 'a'") ?? false)
    }

    @Test("A model beside a plan of another machine is used in its place")
    func stalePlan() async throws {
        folder.write("a/1/model.onnx", multiplying(2))
        var options = Options()
        options.threadCount = 1
        try Model.build(path: "\(folder.path)/a/1/model.onnx", plan: "\(folder.path)/a/1/model.plan", options: options)
        let (repository, server) = repository { $0.allowsLoading = true }
        try await repository.start()
        #expect(try await server.modelMetadata("a", version: "").platform == "apus_plan")
        folder.write("a/1/model.onnx", multiplying(3))
        try await server.load("a", parameters: [:], files: [:])
        #expect(try await factor(server, "a") == 3)
        #expect(try await server.modelMetadata("a", version: "").platform == "onnxruntime_onnx")
        #expect(
            try repository.host.configuration("a", version: "").notes.contains { $0.contains("in place of the plan") })
    }
}
