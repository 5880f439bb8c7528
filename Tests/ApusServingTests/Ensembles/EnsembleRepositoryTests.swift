// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol
import ApusServing
import ApusTensors
import Testing

@Suite struct EnsembleRepositoryTests {
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

    /// Writes an ensemble over `f32[-1, 2]` of the given models in a row.
    private func write(_ name: String, _ models: [String]) {
        var steps = ""
        for (index, model) in models.enumerated() {
            let (from, to) = (index == 0 ? "x" : "t\(index)", index == models.count - 1 ? "y" : "t\(index + 1)")
            steps += """
                  step {
                    model_name: "\(model)" model_version: -1
                    input_map { key: "x" value: "\(from)" } output_map { key: "y" value: "\(to)" }
                  }

                """
        }
        folder.write(
            "\(name)/config.pbtxt",
            """
            platform: "ensemble"
            max_batch_size: 4
            input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }
            output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }
            ensemble_scheduling {
            \(steps)}
            """)
    }

    private func factor(_ server: InferenceServer, _ model: String) async throws -> Float {
        let input = RequestInput(name: "x", tensor: try Tensor([Float](repeating: 1, count: 2), shape: [1, 2]))
        let response = try await server.infer(InferenceRequest(model: model, inputs: [input]))
        return try #require(try response.outputs.first?.tensor.array(of: Float.self).first)
    }

    private func index(_ server: InferenceServer) -> [String] {
        server.repositoryIndex(onlyReady: false).map { "\($0.name) \($0.version) \($0.state)" }
    }

    @Test("An ensemble of the repository is served with its models, whatever the order of their names")
    func start() async throws {
        write("a", ["m", "b"])
        write("b", ["n"])
        folder.makeFolder("b/7")
        folder.write("m/1/model.onnx", SmallModel.multiplying(by: 2).bytes)
        folder.write("n/1/model.onnx", SmallModel.multiplying(by: 3).bytes)
        let (repository, server) = repository()
        try await repository.start()
        #expect(index(server) == ["a 1 READY", "b 7 READY", "m 1 READY", "n 1 READY"])
        #expect(try await factor(server, "a") == 6)
        let metadata = try await server.modelMetadata("a", version: "")
        #expect(metadata.platform == "ensemble")
        #expect(metadata.inputs[0].shape == [-1, 2])
        let message = try await server.modelConfiguration("a", version: "")
        #expect(message.platform == "ensemble")
        #expect(message.ensembleScheduling.step.map(\.modelName) == ["m", "b"])
        #expect(message.instanceGroup.isEmpty)
        let json = try ConfigurationJSON.text(message)
        #expect(json.contains("\"ensemble_scheduling\""))
    }

    @Test("Loading an ensemble loads its models, and unloading it with them keeps those that others need")
    func explicitMode() async throws {
        write("a", ["m", "n"])
        write("b", ["n"])
        for name in ["m", "n"] { folder.write("\(name)/1/model.onnx", SmallModel.doubling.bytes) }
        let (repository, server) = repository {
            $0.startup = .named([])
            $0.allowsLoading = true
        }
        try await repository.start()
        try await server.load("a", parameters: [:], files: [:])
        try await server.load("b", parameters: [:], files: [:])
        #expect(index(server) == ["a 1 READY", "b 1 READY", "m 1 READY", "n 1 READY"])
        try await server.unload("a", withDependents: true)
        #expect(index(server) == ["a 1 UNAVAILABLE", "b 1 READY", "m 1 UNAVAILABLE", "n 1 READY"])
        try await server.unload("n", withDependents: false)
        #expect(index(server) == ["a 1 UNAVAILABLE", "b 1 UNAVAILABLE", "m 1 UNAVAILABLE", "n 1 UNAVAILABLE"])
        let line = server.repositoryIndex(onlyReady: false)[1]
        #expect(line.reason == "step 0 (model 'n'): the model is not served")
        #expect(try !server.isReady("b", version: ""))
        try await server.load("n", parameters: [:], files: [:])
        #expect(try await factor(server, "b") == 2)
        try await server.unload("b", withDependents: true)
        #expect(server.repositoryIndex(onlyReady: true).isEmpty)
    }

    @Test("An ensemble that lacks a model says so, and is served once the model is there")
    func waits() async throws {
        write("a", ["m"])
        let (repository, server) = repository { $0.settleTime = .zero }
        try await repository.start()
        let line = try #require(server.repositoryIndex(onlyReady: false).first)
        #expect(line.state == "UNAVAILABLE")
        #expect(
            line.reason == "failed to load 'a': ensemble 'a': step 0 (model 'm'): there is no model 'm', expected one "
                + "that is loaded before the ensemble")
        folder.write("m/1/model.onnx", [1, 2])
        try await repository.poll()
        #expect(index(server) == ["a 1 UNAVAILABLE", "m 1 UNAVAILABLE"])
        folder.write("m/1/model.onnx", SmallModel.multiplying(by: 3).bytes)
        try await repository.poll()
        #expect(index(server) == ["a 1 READY", "m 1 READY"])
        #expect(try await factor(server, "a") == 3)
    }

    @Test("Ensembles that contain each other are refused with the circle")
    func circles() async throws {
        write("a", ["b"])
        write("b", ["a"])
        let (repository, server) = repository()
        try await repository.start()
        let reasons = server.repositoryIndex(onlyReady: false).map(\.reason)
        #expect(reasons.count == 2)
        #expect(reasons[0].contains("ensembles contain each other: a -> b -> a"), "\(reasons[0])")
        #expect(!reasons[1].isEmpty)
    }

    @Test(
        "A configuration of an ensemble that contradicts itself is refused with the line and the remedy",
        arguments: [
            ("backend: \"onnxruntime\"", "config.pbtxt:7: an ensemble has no backend, found 'onnxruntime'; remove it"),
            ("instance_group { count: 2 }", "config.pbtxt:7: an ensemble has no instances of its own"),
            ("output { name: \"z\" data_type: TYPE_FP32 dims: 2 }", "no step writes the ensemble's output 'z'"),
            ("input { name: \"w\" dims: 2 }", "config.pbtxt:7: input 'w' of the ensemble has no data_type"),
            ("step_size: 2", "config.pbtxt:7"),
        ])
    func configured(_ text: String, _ expected: String) async throws {
        folder.write("m/1/model.onnx", SmallModel.doubling.bytes)
        folder.write(
            "a/config.pbtxt",
            """
            platform: "ensemble" max_batch_size: 4
            input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }
            output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }
            ensemble_scheduling { step {
              model_name: "m" input_map { key: "x" value: "x" } output_map { key: "y" value: "y" }
            } }
            \(text)
            """)
        let (repository, server) = repository()
        try await repository.start()
        let reason = server.repositoryIndex(onlyReady: false).first?.reason ?? ""
        #expect(reason.contains(expected), "\(reason)")
    }

    @Test("What an ensemble asks for without effect is said when it is loaded, and the whole is explained")
    func notes() throws {
        folder.write("m/1/model.onnx", SmallModel.doubling.bytes)
        write("a", ["m"])
        folder.write("b/config.pbtxt", "platform: \"ensemble\"")
        let reports = try ConfigurationReport.reports(at: folder.path, options: Options())
        #expect(reports.map(\.name) == ["a", "b", "m"])
        #expect(reports[0].mistakes.isEmpty)
        #expect(reports[0].text?.contains("ensemble_scheduling") ?? false)
        #expect(reports[1].mistakes.contains { $0.contains("there is no ensemble_scheduling") })
        write("a", ["nobody"])
        let wrong = try ConfigurationReport.reports(at: folder.path, options: Options())
        #expect(wrong[0].mistakes == ["step 0 (model 'nobody'): there is no model 'nobody' in the repository"])
    }
}
