// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol
import ApusServing
import ApusTensors
import Testing

@Suite struct SequenceRepositoryTests {
    private let folder = TemporaryFolder()

    private static let head = """
        max_batch_size: 4
        input { name: "x" data_type: TYPE_FP32 dims: 2 }
        output { name: "total" data_type: TYPE_FP32 dims: 2 }

        """
    private static let controls = """
          control_input { name: "start" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }
          control_input { name: "end" control { kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] } }
          control_input { name: "ready" control { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } }
          control_input { name: "name" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } }

        """

    private func start(_ text: String) async throws -> InferenceServer {
        folder.write("m/1/model.onnx", SequenceModel.summing().bytes)
        folder.write("m/config.pbtxt", text)
        var serving = ServingOptions()
        serving.threadCount = 1
        let host = ModelHost(options: serving)
        let repository = ModelRepository(RepositoryOptions(paths: [folder.path]), host: host)
        try await repository.start()
        return InferenceServer(options: serving, host: host, repository: repository)
    }

    private func total(_ server: InferenceServer, _ value: Float, start: Bool = false) async throws -> [Float] {
        let response = try await server.infer(SequenceModel.request(value, of: .number(1), start: start))
        return try response.outputs[0].tensor.array(of: Float.self)
    }

    private static func state(_ initial: String) -> String {
        "  state { input_name: \"before\" output_name: \"sum\" data_type: TYPE_FP32 dims: 2 \(initial) }\n"
    }

    @Test(
        "States begin with zeros, or with what a file says",
        arguments: [
            ("", [1, 1]), ("initial_state { data_type: TYPE_FP32 dims: 2 zero_data: true name: \"z\" }", [1, 1]),
            ("initial_state { data_type: TYPE_FP32 dims: 2 data_file: \"ones\" name: \"o\" }", [2, 3] as [Float]),
        ])
    func initial(_ initial: String, _ expected: [Float]) async throws {
        folder.write("m/initial_state/ones", [0, 0, 128, 63, 0, 0, 0, 64])
        let server = try await start(
            Self.head + "sequence_batching {\n  max_sequence_idle_microseconds: 600000000\n" + Self.controls
                + Self.state(initial) + "}\n")
        #expect(try await total(server, 1, start: true) == expected)
        #expect(try await total(server, 1) == expected.map { $0 + 1 })
        #expect(try await total(server, 1, start: true) == expected)
    }

    @Test("Inputs that the server gives and the states are left out where the configuration says no tensors")
    func completes() async throws {
        let server = try await start(
            "max_batch_size: 2 sequence_batching { oldest { max_candidate_sequences: 3 }\n" + Self.controls
                + Self.state("") + "}\n")
        let metadata = try await server.modelMetadata("m", version: "")
        #expect(metadata.inputs.map(\.name) == ["x"])
        #expect(metadata.outputs.map(\.name) == ["total", "out_start", "out_end", "out_ready", "out_name"])
        #expect(try await total(server, 3, start: true) == [3, 3])
        let message = try await server.modelConfiguration("m", version: "")
        #expect(message.sequenceBatching.maxSequenceIdleMicroseconds == 1_000_000)
        #expect(message.sequenceBatching.oldest.preferredBatchSize == [2])
    }

    @Test(
        "A configuration of sequences that contradicts itself is refused with the place and the remedy",
        arguments: [
            ("oldest { }", "max_candidate_sequences is 0, expected 1 or more; add max_candidate_sequences: 4"),
            (
                "control_input { name: \"start\" control { kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] } }",
                "control input 'start' is there twice"
            ),
            (
                "control_input { name: \"x\" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }",
                "control input 'x' is among the inputs, which requests give, but the server gives it"
            ),
            (
                "control_input { name: \"c\" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_FP32 } }",
                "the data_type of control input 'c' is TYPE_FP32, expected one of TYPE_UINT64, TYPE_INT64"
            ),
            (
                "control_input { name: \"c\" control { kind: CONTROL_SEQUENCE_START fp32_false_true: 1 } }",
                "control input 'c' needs two values, for no and yes"
            ),
            (
                "state { input_name: \"q\" output_name: \"sum\" dims: 2 }",
                "config.pbtxt:9: state 'q' has no data_type"
            ),
            (
                "state { input_name: \"q\" output_name: \"sum\" data_type: TYPE_FP32 dims: 2 "
                    + "initial_state { data_type: TYPE_FP32 dims: 3 zero_data: true } }",
                "the dims [3] of the initial state of state 'q' are no sizes of 1 or more that fit [2]"
            ),
            (
                "state { input_name: \"q\" output_name: \"sum\" data_type: TYPE_FP32 dims: 2 "
                    + "initial_state { data_type: TYPE_INT32 dims: 2 } }",
                "the initial state of state 'q' is TYPE_INT32, expected TYPE_FP32"
            ),
            ("iterative_sequence: true", "iterative_sequence is not supported yet"),
            (state("initial_state { data_type: TYPE_FP32 dims: 2 data_file: \"no\" }"), "there is no file"),
        ])
    func refuses(_ text: String, _ expected: String) async throws {
        let state = text.contains("\"before\"") ? "" : Self.state("")
        let server = try await start(
            Self.head + "sequence_batching {\n" + Self.controls + text + "\n" + state + "}\n")
        let reason = server.repositoryIndex(onlyReady: false).first?.reason ?? ""
        #expect(reason.contains(expected), "\(reason)")
    }

    @Test("The tool for configurations says what does not fit the model")
    func reports() throws {
        folder.write("m/1/model.onnx", SequenceModel.summing().bytes)
        folder.write(
            "m/config.pbtxt",
            Self.head + "sequence_batching {\n" + Self.controls
                + Self.state("").replacing("\"before\"", with: "\"after\"") + "}\n")
        let reports = try ConfigurationReport.reports(at: folder.path, options: Options())
        #expect(
            reports.first?.mistakes.contains { $0.contains("the model has inputs that the configuration leaves out") }
                ?? false)
    }
}
