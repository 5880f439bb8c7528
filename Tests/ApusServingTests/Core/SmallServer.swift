// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusServing
import ApusTelemetry
import ApusTensors

/// A server of small models.
struct SmallServer {
    let host: ModelHost
    let server: InferenceServer
    let clock: ServingClock

    init(
        clock: ServingClock = .system, observer: RequestObserver? = nil,
        _ change: (inout ServingOptions) -> Void = { _ in }
    ) {
        var options = ServingOptions()
        options.threadCount = 1
        change(&options)
        self.clock = clock
        host = ModelHost(options: options, clock: clock)
        server = InferenceServer(options: options, host: host, observer: observer)
    }

    /// What a model takes and gives.
    func signature(_ model: SmallModel) throws -> Signature {
        try Model(bytes: model.bytes, options: host.engineOptions).signature
    }

    /// Loads a model of one input and one output.
    func load(
        _ name: String, _ model: SmallModel, _ datatype: Datatype = .float32, dimensions: [Int] = [2],
        versions: [Int64] = [1], maxBatchSize: Int = 8, _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) throws {
        let bytes = model.bytes
        let sources = try versions.map {
            ModelSource(version: $0, model: try Model(bytes: bytes, options: host.engineOptions))
        }
        try host.load(sources, Self.configuration(name, datatype, dimensions, maxBatchSize, change))
    }

    /// Loads a model that runs when the test lets it; it echoes `f32[N, 2]`.
    func load(
        _ name: String, _ plan: GatedPlan, maxBatchSize: Int = 8,
        _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) throws {
        let configuration = Self.configuration(name, .float32, [2], maxBatchSize, change)
        try host.load([ModelSource(version: 1, model: Model(plan))], configuration)
    }

    private static func configuration(
        _ name: String, _ datatype: Datatype, _ dimensions: [Int], _ maxBatchSize: Int,
        _ change: (inout ModelConfiguration) -> Void
    ) -> ModelConfiguration {
        var configuration = ModelConfiguration(name: name)
        configuration.platform = "onnxruntime_onnx"
        configuration.maxBatchSize = maxBatchSize
        configuration.inputs = [TensorSpecification(name: "x", datatype: datatype, dimensions: dimensions)]
        configuration.outputs = [TensorSpecification(name: "y", datatype: datatype, dimensions: dimensions)]
        if maxBatchSize > 0 { configuration.batching = BatchPolicy() }
        change(&configuration)
        return configuration
    }

    /// A request of `f32[rows, 2]`, every element the same.
    static func request(
        _ model: String, _ value: Float, rows: Int = 1, _ change: (inout InferenceRequest) -> Void = { _ in }
    ) throws -> InferenceRequest {
        let tensor = try Tensor([Float](repeating: value, count: rows * 2), shape: Shape(rows, 2))
        var request = InferenceRequest(model: model, id: "r", inputs: [RequestInput(name: "x", tensor: tensor)])
        change(&request)
        return request
    }

    /// The requests that wait in the queue of version 1 of a model.
    func queuedCount(_ model: String) -> Int64 {
        host.metrics.instrument(InferenceMetrics.pending, model, "1").value
    }

    /// Lets other tasks run until so many requests wait in the queue.
    func waitForQueue(_ model: String, _ count: Int64) async {
        while queuedCount(model) != count { await Task.yield() }
    }
}
