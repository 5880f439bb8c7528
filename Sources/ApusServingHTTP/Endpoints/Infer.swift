// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingTransport
import Hummingbird

/// `POST /v2/models/{model}[/versions/{version}]/infer`: inference.
struct Infer: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await InferenceBody(of: request, path, on: edge)
        let response = try await edge.server.infer(body.request)
        return try response.http(body.form, compression: Compression.accepted(request.headers[.acceptEncoding]))
    }
}
