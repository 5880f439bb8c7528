// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusServing
import ApusTelemetry
import ApusTensors
import Testing

@Suite(.timeLimit(.minutes(2))) struct PaddingTests {
    private static let usual = ["padding": "ids, mask=mask"]

    /// A server of the attention model that gathers batches of so many rows, as the test's clock stands still.
    private func server(
        _ parameters: [String: String] = usual, rows: Int = 4, delay: Duration = .seconds(1)
    ) throws -> SmallServer {
        let small = SmallServer(clock: .manual())
        try load(small, parameters, rows: rows, delay: delay)
        return small
    }

    private func load(
        _ small: SmallServer, _ parameters: [String: String], rows: Int = 4, delay: Duration = .zero,
        model: SmallModel = .attention, _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = ModelConfiguration(name: "m")
        configuration.maxBatchSize = rows
        var policy = BatchPolicy()
        policy.maximumDelay = delay
        configuration.batching = policy
        configuration.parameters = parameters
        configuration.inputs = [
            TensorSpecification(name: "ids", datatype: .int64, dimensions: [-1]),
            TensorSpecification(name: "mask", datatype: .int64, dimensions: [-1]),
        ]
        configuration.outputs = [
            TensorSpecification(name: "hidden", datatype: .float32, dimensions: [-1, 8]),
            TensorSpecification(name: "pooled", datatype: .float32, dimensions: [8]),
            TensorSpecification(name: "scores", datatype: .float32, dimensions: [-1, -1]),
        ]
        change(&configuration)
        let bytes = model.bytes
        try small.host.load(
            [ModelSource(version: 1, model: try Model(bytes: bytes, options: small.host.engineOptions))], configuration)
    }

    private func request(_ ids: [[Int64]], mask: [[Int64]]? = nil) throws -> InferenceRequest {
        let shape = Shape(ids.count, ids[0].count)
        var inputs = [RequestInput(name: "ids", tensor: try Tensor(ids.flatMap { $0 }, shape: shape))]
        if let mask { inputs.append(RequestInput(name: "mask", tensor: try Tensor(mask.flatMap { $0 }, shape: shape))) }
        return InferenceRequest(model: "m", inputs: inputs)
    }

    private func ids(_ length: Int, seed: Int) -> [Int64] { (0..<length).map { Int64(($0 * 7 + seed * 11) % 32) } }

    /// The outputs of requests that are sent together.
    private func together(_ small: SmallServer, _ requests: [InferenceRequest]) async throws -> [InferenceResponse] {
        try await withThrowingTaskGroup(of: (Int, InferenceResponse).self) { tasks in
            for (place, request) in requests.enumerated() {
                tasks.addTask { (place, try await small.server.infer(request)) }
            }
            var responses: [Int: InferenceResponse] = [:]
            for try await (place, response) in tasks { responses[place] = response }
            return responses.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private func expectEqual(_ one: InferenceResponse, _ other: InferenceResponse) throws {
        for (left, right) in zip(one.outputs, other.outputs) {
            #expect(left.shape == right.shape, "\(left.name)")
            let pairs = zip(try left.tensor.array(of: Float.self), try right.tensor.array(of: Float.self))
            let worst = pairs.reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(worst <= 1e-6, "\(left.name) is off by \(worst)")
        }
    }

    private func count(_ small: SmallServer, _ metric: Metric<Counter>) -> UInt64 {
        small.host.metrics.instrument(metric, "m", "1").value
    }

    @Test("Requests of different lengths share a batch, with masks of the server's, and give what each gives alone")
    func sharesBatches() async throws {
        let alone = SmallServer()
        try load(alone, [:], rows: 4)
        let small = try server()
        let lengths = [5, 16, 1, 11]
        let responses = try await together(
            small, try lengths.enumerated().map { try request([ids($1, seed: $0)]) })
        #expect(count(small, InferenceMetrics.executions) == 1)
        #expect(count(small, SchedulingMetrics.padded) == UInt64(11 + 15 + 5))
        for (seed, (length, response)) in zip(lengths, responses).enumerated() {
            #expect(response.outputs.map(\.shape) == [[1, length, 8], [1, 8], [1, length, length]])
            let ones = [[Int64](repeating: 1, count: length)]
            try expectEqual(response, await alone.server.infer(request([ids(length, seed: seed)], mask: ones)))
        }
    }

    @Test("Rows of several and masks of the client's are padded too")
    func masksOfClients() async throws {
        let alone = SmallServer()
        try load(alone, [:], rows: 4)
        let small = try server()
        let first = try request(
            [ids(6, seed: 1), ids(6, seed: 2)], mask: [[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]])
        let second = try request([ids(9, seed: 3), ids(9, seed: 4)])
        let responses = try await together(small, [first, second])
        #expect(count(small, InferenceMetrics.executions) == 1)
        try expectEqual(responses[0], await alone.server.infer(first))
        let whole = try request(
            [ids(9, seed: 3), ids(9, seed: 4)], mask: [[Int64]](repeating: [1, 1, 1, 1, 1, 1, 1, 1, 1], count: 2))
        try expectEqual(responses[1], await alone.server.infer(whole))
    }

    @Test("A request alone is not padded, and lengths of different buckets do not meet")
    func buckets() async throws {
        let small = try server(
            ["padding": "ids, mask=mask", "padding_buckets": "4, 8"], rows: 2)
        let responses = try await together(
            small, try [3, 7, 2, 8].map { try request([ids($0, seed: 0)]) })
        #expect(responses.map(\.outputs[0].shape[1]) == [3, 7, 2, 8])
        #expect(count(small, InferenceMetrics.executions) == 2)
        #expect(count(small, SchedulingMetrics.padded) == 2)
        let task = Task { try await small.server.infer(request([ids(6, seed: 0)])) }
        await small.waitForQueue("m", 1)
        small.clock.advance(by: .seconds(2))
        #expect(try await task.value.outputs[0].shape == [1, 6, 8])
        #expect(count(small, SchedulingMetrics.padded) == 2)
    }

    @Test("The usual buckets waste a third at most, from 16 on")
    func usualBuckets() throws {
        let small = SmallServer()
        let model = try Model(bytes: SmallModel.attention.bytes, options: small.host.engineOptions)
        var configuration = ModelConfiguration(name: "m")
        (configuration.maxBatchSize, configuration.batching) = (4, BatchPolicy())
        configuration.parameters = Self.usual
        configuration.inputs = ["ids", "mask"].map { TensorSpecification(name: $0, datatype: .int64, dimensions: [-1]) }
        let plan = try #require(try PaddingPlan(configuration, model))
        #expect([1, 16, 17, 25, 33, 49, 65, 100].map(plan.bucket) == [16, 16, 24, 32, 48, 64, 96, 128])
        for length in 16...5000 {
            #expect(plan.bucket(length) >= length)
            #expect(plan.bucket(length) * 2 <= length * 3)
        }
        #expect(plan.bucket(.max) == .max)
    }

    @Test("Inputs of one request that differ in length are refused by name")
    func lengths() async throws {
        let small = try server(rows: 2, delay: .zero)
        let inputs = [
            RequestInput(name: "ids", tensor: try Tensor([Int64](repeating: 1, count: 3), shape: [1, 3])),
            RequestInput(name: "mask", tensor: try Tensor([Int64](repeating: 1, count: 4), shape: [1, 4])),
        ]
        let error = await #expect(throws: ServingError.self) {
            try await small.server.infer(InferenceRequest(model: "m", inputs: inputs))
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("'ids' and 'mask' of model 'm' have different lengths: 3 and 4") ?? false)
    }

    @Test(
        "Parameters that cannot be meant are refused with the remedy",
        arguments: [
            (["padding": "nobody"], "no input 'nobody'"),
            (["padding": "ids=half, mask=mask"], "cannot be padded with 'half'"),
            (["padding": "ids=0.5"], "cannot be padded with '0.5'"),
            (["padding": "mask=mask"], "no input but masks"),
            (["padding": "ids, ids=mask, mask=mask"], "more than one mask"),
            (["padding": "ids", "padding_buckets": "4, x"], "'x' is no length"),
            (["padding": "ids", "padding_outputs": "nobody"], "no output 'nobody'"),
            (["padding": "ids", "padding_outputs": "hidden=3"], "not 'name' or 'name=whole'"),
            (["padding_buckets": "4"], "means nothing without 'padding'"),
        ])
    func mistakes(_ parameters: [String: String], _ expected: String) throws {
        let error = #expect(throws: ServingError.self) { try server(parameters) }
        #expect(error?.message.contains(expected) ?? false, "\(error?.message ?? "")")
    }

    @Test("Models whose positions know nothing of each other are padded unasked, and others are not")
    func unasked() async throws {
        let small = SmallServer(clock: .manual())
        func load(_ model: SmallModel, _ parameters: [String: String] = [:]) throws {
            try small.load("m", model, dimensions: [-1], maxBatchSize: 2) {
                $0.batching?.maximumDelay = .seconds(1)
                $0.parameters = parameters
            }
        }
        var summing = SmallModel()
        summing.nodes = [SmallModel.node("Softmax", ["x"], ["y"])]
        summing.inputs = [SmallModel.value("x", 1, ["N", "S"])]
        summing.outputs = [SmallModel.value("y", 1, ["N", "S"])]
        let options = small.host.engineOptions
        #expect(try !Model(bytes: summing.bytes, options: options).keepsPositions(of: "S"))
        let doubling = SmallModel.multiplying(by: 2, ["N", "S"])
        #expect(try Model(bytes: doubling.bytes, options: options).keepsPositions(of: "S"))
        #expect(try !Model(bytes: doubling.bytes, options: options).keepsPositions(of: "T"))
        try load(doubling)
        let responses = try await together(
            small,
            try [2, 3].map { length in
                let tensor = try Tensor([Float](repeating: 1, count: length), shape: Shape(1, length))
                return InferenceRequest(model: "m", inputs: [RequestInput(name: "x", tensor: tensor)])
            })
        #expect(try responses.map { try $0.outputs[0].tensor.array(of: Float.self) } == [[2, 2], [2, 2, 2]])
        #expect(count(small, InferenceMetrics.executions) == 1)
    }
}
