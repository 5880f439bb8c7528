// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2/repository/models/{model}/unload`: unloads a model.
struct UnloadModel: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await SmallBody(of: request)
        let withDependents = try body.read(false) { reader throws(JSONError) in
            try UnloadModel.withDependents(&reader)
        }
        try await edge.server.unload(path.model, withDependents: withDependents)
        return .done
    }

    private static func withDependents(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        var withDependents = false
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
                if name == "unload_dependents" { withDependents = try reader.bool() } else { try reader.skip() }
            }
        }
        try reader.end()
        return withDependents
    }
}
