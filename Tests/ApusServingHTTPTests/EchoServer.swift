// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol
import ApusServing
import ApusServingHTTP
import Hummingbird
import NIOCore

/// A server of models that give back their inputs, behind the routes of HTTP.
struct EchoServer {
    let server: InferenceServer
    let state: EdgeState
    let application: Application<EdgeResponder>

    init(limits: HTTPLimits = HTTPLimits()) throws {
        var options = ServingOptions()
        options.threadCount = 1
        let host = ModelHost(options: options)
        for (name, datatype, kind) in [
            ("floats", Datatype.float32, 1), ("bytes", .uint8, 2), ("text", .bytes, 8), ("halves", .float16, 10),
        ] as [(String, Datatype, UInt8)] {
            var configuration = ModelConfiguration(name: name)
            configuration.platform = "onnxruntime_onnx"
            configuration.maxBatchSize = 4
            configuration.message.maxBatchSize = 4
            configuration.inputs = [TensorSpecification(name: "x", datatype: datatype, dimensions: [-1])]
            configuration.outputs = [TensorSpecification(name: "y", datatype: datatype, dimensions: [-1])]
            configuration.batching = BatchPolicy()
            let model = try Model(bytes: Self.identity(kind), options: host.engineOptions)
            try host.load([ModelSource(version: 1, model: model)], configuration)
        }
        server = InferenceServer(options: options, host: host)
        state = EdgeState()
        application = Application(
            responder: Routes.responder(HTTPEdge(server: server, state: state, limits: limits)))
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
