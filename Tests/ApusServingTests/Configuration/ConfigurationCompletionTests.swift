// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol
import ApusServing
import SwiftProtobuf
import Testing

@Suite struct ConfigurationCompletionTests {
    private func signature(_ model: SmallModel) throws -> Signature {
        var options = Options()
        options.threadCount = 1
        return try Model(bytes: model.bytes, options: options).signature
    }

    private func complete(_ text: String, _ model: SmallModel) throws -> ConfigurationCompletion.Result {
        let document = try ConfigurationReader.read(text: Array(text.utf8), origin: "config.pbtxt")
        return try ConfigurationCompletion.complete(
            document, name: "m", file: "model.onnx", signature: try signature(model))
    }

    private func mistake(_ text: String, _ model: SmallModel) throws -> String {
        do {
            _ = try complete(text, model)
            return "accepted"
        } catch let error as ConfigurationError {
            return error.description
        }
    }

    private let images = SmallModel.multiplying(by: 2, ["N", 3, 4])

    @Test("A model without a configuration batches where its first dimension varies everywhere")
    func nothingGiven() throws {
        let message = try complete("", images).message
        #expect(message.name == "m")
        #expect((message.platform, message.backend) == ("onnxruntime_onnx", "onnxruntime"))
        #expect(message.maxBatchSize == 4)
        #expect(message.input.map(\.dims) == [[3, 4]])
        #expect(message.output.map(\.dims) == [[3, 4]])
        #expect(message.input.first?.dataType == .typeFp32)
        #expect(message.dynamicBatching.preferredBatchSize == [4])
        #expect(message.versionPolicy.latest.numVersions == 1)
        #expect(message.instanceGroup.map(\.count) == [1])
        #expect(message.instanceGroup.map(\.kind) == [.cpu])
    }

    @Test("A model whose first dimensions are fixed, or named differently, does not batch, and that is said")
    func noBatch() throws {
        let fixed = try complete("", .multiplying(by: 2, [1, 3]))
        #expect(fixed.message.maxBatchSize == 0)
        #expect(fixed.message.input.map(\.dims) == [[1, 3]])
        #expect(fixed.message.schedulingChoice == nil)
        #expect(fixed.notes.contains { $0.contains("requests are not batched") })
        let different = try complete("", .copying([("a", 1, ["N", 2]), ("b", 1, ["M", 2])]))
        #expect(different.message.maxBatchSize == 0)
        #expect(different.message.input.map(\.dims) == [[-1, 2], [-1, 2]])
    }

    @Test("A largest batch of 0 that is written is meant")
    func writtenZero() throws {
        let message = try complete("max_batch_size: 0", images).message
        #expect(message.maxBatchSize == 0)
        #expect(message.input.map(\.dims) == [[-1, 3, 4]])
    }

    @Test("Scalars are taken as they are, and as columns where there is a batch")
    func scalars() throws {
        #expect(try complete("", .multiplying(by: 2, [])).message.input.map(\.dims) == [[]])
        let batched = try complete("", .multiplying(by: 2, ["N"])).message
        #expect(batched.input.map(\.dims) == [[1]])
        #expect(batched.input.map(\.hasReshape) == [true])
        #expect(batched.input.map(\.reshape.shape) == [[]])
    }

    @Test("What is given stays, what is left out of an input is completed")
    func partly() throws {
        let message = try complete("max_batch_size: 16 input { name: \"x\" }", images).message
        #expect(message.input.map(\.dims) == [[3, 4]])
        #expect(message.input.map(\.dataType) == [.typeFp32])
        #expect(message.dynamicBatching.preferredBatchSize == [16])
    }

    @Test("Whole inputs and outputs without a scheduler stay without one")
    func whole() throws {
        let text = """
            max_batch_size: 16 input { name: "x" data_type: TYPE_FP32 dims: [ 3, 4 ] }
            output { name: "y" data_type: TYPE_FP32 dims: [ 3, 4 ] }
            """
        #expect(try complete(text, images).message.schedulingChoice == nil)
    }

    @Test(
        "What does not fit the model is told with the remedy",
        arguments: [
            (
                "max_batch_size: 8\ninput { name: \"x\" data_type: TYPE_FP32 dims: [ -1, 3, 4 ] }",
                "config.pbtxt:2: dims [ -1, 3, 4 ] of input 'x' contain the batch dimension; with max_batch_size: 8 "
                    + "the batch is left out: write dims: [ 3, 4 ]"
            ),
            (
                "input { name: \"x\" data_type: TYPE_FP32 dims: [ 3, 4 ] }",
                "leave out the first dimension, but max_batch_size is 0, and then shapes are whole; set max_batch_size "
                    + "to 1 or more, or write dims: [ -1, 3, 4 ]"
            ),
            (
                "max_batch_size: 8 input { name: \"x\" dims: [ 3, 5 ] }",
                "dims [ 3, 5 ] of input 'x' do not fit the model's f32[N, 3, 4]; write dims: [ 3, 4 ]"
            ),
            (
                "input { name: \"x\" data_type: TYPE_INT8 }",
                "input 'x' is TYPE_INT8, but the model's is TYPE_FP32; write data_type: TYPE_FP32"
            ),
            ("input { name: \"X\" }", "the model has no input 'X'; did you mean 'x'?"),
            ("output { name: \"logits\" }", "the model has no output 'logits'; there are y"),
            ("input { data_type: TYPE_FP32 }", "the input has no name; add name: \"x\""),
            (
                "max_batch_size: 2 input { name: \"x\" dims: [ 12 ] reshape { shape: [ 4, 4 ] } }",
                "reshape [ 4, 4 ] of input 'x' do not fit"
            ),
            (
                "max_batch_size: 2 input { name: \"x\" dims: [ 13 ] reshape { shape: [ 3, 4 ] } }",
                "hold different numbers of elements"
            ),
            ("max_batch_size: -1", "max_batch_size is -1, expected 0 or more"),
            ("max_batch_size: 2 dynamic_batching { preferred_batch_size: 4 }", "preferred_batch_size 4 is not from 1"),
            ("dynamic_batching { priority_levels: 2 }", "default_priority_level is 0, expected 1 to 2"),
            ("instance_group { count: -2 }", "the count of instances is -2"),
            ("instance_group { kind: KIND_CPU gpus: 0 }", "names GPUs but is not KIND_GPU"),
            ("version_policy { specific { } }", "specific names no versions"),
            ("version_policy { latest { } }", "latest needs num_versions of 1 or more"),
            ("model_warmup { inputs { key: \"z\" value { } } }", "the model has no input 'z' to warm up"),
            ("input { name: \"x\" } input { name: \"x\" }", "input 'x' is there twice"),
            ("input { name: \"x\" is_shape_tensor: true }", "which only TensorRT plans can be"),
        ])
    func misfits(_ text: String, _ expected: String) throws {
        let found = try mistake(text, images)
        #expect(found.contains(expected), "\(found)")
    }

    @Test("A batch is refused where the model's first dimension is fixed")
    func fixedBatch() throws {
        let found = try mistake("max_batch_size: 8", .multiplying(by: 2, [1, 3]))
        #expect(found.contains("the model cannot batch: the first dimension of 'x' is always 1"), "\(found)")
    }

    @Test("Inputs that the configuration leaves out are named")
    func leftOut() throws {
        let model = SmallModel.copying([("a", 1, ["N", 2]), ("b", 7, ["N", 2])])
        #expect(try mistake("input { name: \"a\" }", model).contains("leaves out: b"))
        #expect(try complete("output { name: \"out_b\" }", model).message.output.map(\.name) == ["out_b"])
    }

    @Test("Fields without effect are noted once each, those that cannot be done are refused")
    func notes() throws {
        let document = try ConfigurationReader.read(text: Array(WholeConfiguration.texts[1].utf8), origin: "c")
        let notes = ConfigurationNotes.notes(document.message)
        for field in [
            "optimization.graph", "optimization.cuda", "cc_model_filenames", "metric_tags", "runtime", "model_metrics",
            "rate_limiter", "secondary_devices", "host_policy", "optimization.eager_batching",
        ] { #expect(notes.count { $0.hasPrefix(field) } == 1, "\(field)") }
        let refusals = ConfigurationNotes.unsupported(document.message).joined(separator: "\n")
        for field in [
            "iterative_sequence", "decoupled", "batch_input", "batch_output", "allow_ragged_batch", "operators",
            "agents",
        ] { #expect(refusals.contains(field), "\(field)") }
    }

    @Test("The neutral configuration says what the message says")
    func neutral() throws {
        let dynamic = ModelConfiguration(
            try ConfigurationReader.read(text: Array(WholeConfiguration.texts[0].utf8), origin: "c").message)
        let batching = try #require(dynamic.batching)
        #expect(batching.preferredSizes == [4, 8])
        #expect(batching.maximumDelay == .microseconds(100))
        #expect(batching.preservesOrder)
        #expect((batching.priorityLevels, batching.defaultPriority) == (3, 2))
        #expect(batching.queuePolicy.timeoutAction == .delay)
        #expect(batching.queuePolicy.defaultTimeout == .milliseconds(1))
        #expect(batching.queuePolicy.allowsTimeoutOverride)
        #expect(batching.queuePolicy(ofLevel: 1).maximumSize == 5)
        #expect(dynamic.versionPolicy == .specific([1, 3]))
        #expect(dynamic.inputs.first?.reshape == [48, -1])
        #expect(dynamic.parameters == ["k": "v"])
        let direct = ModelConfiguration(
            try ConfigurationReader.read(text: Array(WholeConfiguration.texts[1].utf8), origin: "c").message)
        #expect(direct.sequenceBatching?.maximumIdle == .seconds(5))
        #expect(
            direct.sequenceBatching?.strategy == .direct(maximumDelay: .microseconds(7), minimumUtilization: 0.5))
        #expect(direct.sequenceBatching?.controls.map(\.kind) == [.end, .ready, .identifier])
        #expect(direct.sequenceBatching?.controls.map(\.datatype) == [.int32, .float32, .bool])
        #expect(direct.sequenceBatching?.states.first?.initialFile == "state.bin")
        let ensemble = ModelConfiguration(
            try ConfigurationReader.read(text: Array(WholeConfiguration.texts[3].utf8), origin: "c").message)
        #expect(ensemble.ensemble?.steps.map(\.model) == ["a"])
        #expect(ensemble.ensemble?.steps.first?.inputs == ["x": "in"])
        #expect(ensemble.ensemble?.maximumRequests == 4)
    }

    @Test("Version policies select from the folders there are")
    func policies() {
        #expect(VersionPolicy.latest(2).select([1, 10, 9]) == [9, 10])
        #expect(VersionPolicy.latest(5).select([3]) == [3])
        #expect(VersionPolicy.all.select([3, 1]) == [1, 3])
        #expect(VersionPolicy.specific([1, 7]).select([1, 2]) == [1])
        #expect(VersionPolicy(Inference_ModelVersionPolicy()) == .latest(1))
    }
}
