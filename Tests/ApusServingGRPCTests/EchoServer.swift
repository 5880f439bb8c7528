// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusServing
import ApusServingGRPC
import GRPCCore
import GRPCInProcessTransport

/// A server of models that give back their inputs, behind the services of gRPC.
struct EchoServer {
    let server: InferenceServer
    let edge: GRPCEdge

    init() throws {
        var options = ServingOptions()
        options.threadCount = 1
        let host = ModelHost(options: options)
        for (name, datatype, kind) in [
            ("floats", Datatype.float32, 1), ("bytes", .uint8, 2), ("text", .bytes, 8),
        ] as [(String, Datatype, UInt8)] {
            var configuration = ModelConfiguration(name: name)
            configuration.platform = "onnxruntime_onnx"
            configuration.maxBatchSize = 4
            configuration.inputs = [TensorSpecification(name: "x", datatype: datatype, dimensions: [-1])]
            configuration.outputs = [TensorSpecification(name: "y", datatype: datatype, dimensions: [-1])]
            configuration.batching = BatchPolicy()
            let model = try Model(bytes: Self.identity(kind), options: host.engineOptions)
            try host.load([ModelSource(version: 1, model: model)], configuration)
        }
        server = InferenceServer(options: options, host: host)
        edge = GRPCEdge(server: server)
    }

    /// Asks the services over a transport within the process.
    func withClient<Result: Sendable>(
        _ body: @Sendable (GRPCClient<InProcessTransport.Client>) async throws -> Result
    ) async throws -> Result {
        let transport = InProcessTransport()
        let services: [any RegistrableRPCService] = [
            InferenceService(edge), HealthService(edge, interval: .milliseconds(1)), ReflectionService(),
        ]
        return try await withGRPCServer(transport: transport.server, services: services) { _ in
            try await withGRPCClient(transport: transport.client) { client in try await body(client) }
        }
    }

    /// An ONNX model of `y = x` over any shape of rank 2.
    private static func identity(_ kind: UInt8) -> [UInt8] {
        func block(_ field: UInt8, _ contents: [UInt8]) -> [UInt8] {
            [field << 3 | 2, UInt8(contents.count)] + contents
        }
        func value(_ name: String) -> [UInt8] {
            let shape = block(1, block(2, Array("N".utf8))) + block(1, block(2, Array("M".utf8)))
            return block(1, Array(name.utf8)) + block(2, block(1, [8, kind] + block(2, shape)))
        }
        let node = block(1, Array("x".utf8)) + block(2, Array("y".utf8)) + block(4, Array("Identity".utf8))
        let graph = block(1, node) + block(2, Array("g".utf8)) + block(11, value("x")) + block(12, value("y"))
        return [8, 10] + block(7, graph) + block(8, [16, 21])
    }
}
