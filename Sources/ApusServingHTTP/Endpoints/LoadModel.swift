// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2/repository/models/{model}/load`: loads a model, with files and a configuration of the request's own.
struct LoadModel: Endpoint {
    private struct Override: Sendable {
        var parameters: [String: ParameterValue] = [:]
        var files: [String: [UInt8]] = [:]
    }

    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await SmallBody(of: request, limit: edge.limits.bodyBytes)
        let override = try body.read(Override()) { reader throws(JSONError) in try LoadModel.override(&reader) }
        try await edge.server.load(path.model, parameters: override.parameters, files: override.files)
        return .done
    }

    private static func override(_ reader: inout JSONReader) throws(JSONError) -> Override {
        var override = Override()
        var isFirst = true
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            guard key == "parameters" else {
                try reader.skip()
                continue
            }
            var isFirstParameter = true
            try reader.beginObject()
            while let name = try reader.nextKey(&isFirstParameter) {
                guard name.hasPrefix("file:") else {
                    override.parameters[name] = try reader.parameter(name)
                    continue
                }
                var text: [UInt8] = []
                try reader.stringBytes(into: &text)
                guard let bytes = Base64.decoded(text) else {
                    throw reader.failure("parameter '\(name)' is not Base64")
                }
                override.files[String(name.dropFirst(5))] = bytes
            }
        }
        try reader.end()
        return override
    }
}
