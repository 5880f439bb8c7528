// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors
import Hummingbird
import NIOCore

/// A request whose tensors are plain values under their names.
struct GenerateBody: Sendable {
    /// The request for the core.
    var request: InferenceRequest

    /// Takes in and reads the body of a request.
    ///
    /// - Throws: ``ServingError`` that names the field, ``BodyError``, and what reading from the connection throws.
    init(of request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw ServingError(
                .invalidArgument,
                "Unsupported content-encoding, only 'identity' is supported. Content-Encoding is '\(encoding)'")
        }
        let metadata = try await edge.server.modelMetadata(path.model, version: path.version)
        let body = try await SmallBody(of: request, limit: edge.limits.jsonBytes)
        let ports = Dictionary(metadata.inputs.map { ($0.name, $0) }) { first, _ in first }
        self.request = InferenceRequest(model: path.model, version: path.version, inputs: [])
        self.request = try body.read(self.request) { [request = self.request] reader throws(JSONError) in
            var request = request
            try GenerateBody.read(&reader, ports, into: &request, isNested: false)
            try reader.end()
            return request
        }
    }

    private static func read(
        _ reader: inout JSONReader, _ ports: [String: ModelMetadata.Port], into request: inout InferenceRequest,
        isNested: Bool
    ) throws(JSONError) {
        var isFirst = true
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            if let port = ports[key] {
                guard !request.inputs.contains(where: { $0.name == key }) else {
                    throw reader.failure("'\(key)' is there twice")
                }
                request.inputs.append(try input(&reader, port))
            } else if key == "id", !isNested {
                request.id = try reader.string()
            } else if key == "parameters", !isNested {
                try read(&reader, ports, into: &request, isNested: true)
            } else {
                request.parameters[key] = try reader.parameter(key)
            }
        }
    }

    private static func input(
        _ reader: inout JSONReader, _ port: ModelMetadata.Port
    ) throws(JSONError) -> RequestInput {
        let isArray = try reader.kind() == .array
        let start = reader.position
        try reader.skip()
        let end = reader.position
        reader.move(to: start)
        let count = isArray ? try reader.leafCount() : 1
        guard let shape = shape(port.shape, count) else {
            throw reader.failure("'\(port.name)' has \(count) elements, which do not fill shape \(port.shape)")
        }
        reader.move(to: start)
        let data = try reader.tensor(port.datatype, shape, count: count, isBare: !isArray)
        reader.move(to: end)
        switch data {
        case .tensor(let tensor): return RequestInput(name: port.name, tensor: tensor)
        case .bytes(let bytes): return RequestInput(name: port.name, bytes: bytes)
        }
    }

    /// The sizes that a number of elements fills: fixed ones first, the last unknown one takes the rest, others are 1.
    private static func shape(_ sizes: [Int64], _ count: Int) -> Shape? {
        var result = sizes.map { $0 < 0 ? 1 : Int($0) }
        var known = 1
        for size in result {
            let (product, overflow) = known.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            known = product
        }
        if let place = sizes.lastIndex(where: { $0 < 0 }), known > 0, count % known == 0 {
            result[place] = count / known
            known = count
        }
        return known == count ? Shape(result) : nil
    }
}
