// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol
import ApusServing
import ApusServingHTTP
import ApusServingTransport
import NIOCore

/// A reader of the server that takes bytes from clients: any bytes end in a value or an error, never in a trap.
public enum ServingFuzzTarget: String, CaseIterable, Sendable {
    /// The JSON of a request for inference.
    case request
    /// A body of JSON and binary tensors; two bytes in front say how long the JSON is, one in what pieces it comes.
    case body
    /// A configuration as text or as JSON.
    case configuration
    /// A compressed body; a byte in front picks the compression.
    case compressed

    /// Reads the bytes, and writes and reads again what could be read.
    public func read(_ bytes: [UInt8]) {
        switch self {
        case .request: _ = try? WireRequest(bytes.span)
        case .body: ServingFuzzTarget.readBody(bytes)
        case .configuration: ServingFuzzTarget.readConfiguration(bytes)
        case .compressed: ServingFuzzTarget.unpack(bytes)
        }
    }

    private static func readBody(_ bytes: [UInt8]) {
        guard let edge = ServingFuzzTarget.edge, bytes.count > 3 else { return }
        let claimed = Int(bytes[0]) | Int(bytes[1]) << 8
        // The largest length stands for a request that says none.
        let length = claimed == 0xFFFF ? nil : String(claimed)
        var pieces: [ByteBuffer] = []
        var rest = bytes.dropFirst(3)
        while !rest.isEmpty {
            pieces.append(ByteBuffer(bytes: rest.prefix(max(1, Int(bytes[2]) * 64))))
            rest = rest.dropFirst(max(1, Int(bytes[2]) * 64))
        }
        for model in ["floats", "text"] {
            _ = try? InferenceBody(CollectedBody(pieces), jsonLength: length, model, "", on: edge)
        }
    }

    private static func readConfiguration(_ bytes: [UInt8]) {
        for document in [
            try? ConfigurationReader.read(text: bytes, origin: "fuzz"),
            try? ConfigurationReader.read(json: String(decoding: bytes, as: UTF8.self), origin: "fuzz"),
        ] {
            guard let document else { continue }
            _ = ConfigurationNotes.notes(document.message)
            _ = ConfigurationNotes.unsupported(document.message)
            if let text = try? ConfigurationJSON.text(document.message) {
                _ = try? ConfigurationReader.read(json: text, origin: "fuzz")
            }
        }
    }

    private static func unpack(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let compression = [Compression.gzip, .deflate, .zstd][Int(first) % 3]
        let body = ByteBuffer(bytes: bytes.dropFirst())
        if let unpacked = try? compression.unpacked(body, limit: 1 << 20),
            let packed = compression.packed(unpacked)
        {
            let again = try? compression.unpacked(packed, limit: 1 << 20)
            precondition(again == unpacked, "\(compression) gives back something else")
        }
    }

    /// A server of two models that give back their inputs: numbers and text.
    private static let edge: HTTPEdge? = {
        var options = ServingOptions()
        options.threadCount = 1
        let host = ModelHost(options: options)
        let models: [(String, Datatype, UInt8)] = [("floats", .float32, 1), ("text", .bytes, 8)]
        for (name, datatype, kind) in models {
            var configuration = ModelConfiguration(name: name)
            configuration.maxBatchSize = 4
            configuration.message.maxBatchSize = 4
            configuration.inputs = [TensorSpecification(name: "x", datatype: datatype, dimensions: [-1])]
            configuration.outputs = [TensorSpecification(name: "y", datatype: datatype, dimensions: [-1])]
            guard let model = try? Model(bytes: identity(kind), options: host.engineOptions),
                (try? host.load([ModelSource(version: 1, model: model)], configuration)) != nil
            else { return nil }
        }
        return HTTPEdge(server: InferenceServer(options: options, host: host))
    }()

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
