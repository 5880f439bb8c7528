// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird
import NIOCore

/// `GET /v2/models/{model}[/versions/{version}]/config`: a model's configuration, completed.
struct GetModelConfiguration: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let message = try await edge.server.modelConfiguration(path.model, version: path.version)
        return .json(.ok, ByteBuffer(string: try ConfigurationJSON.text(message)))
    }
}
