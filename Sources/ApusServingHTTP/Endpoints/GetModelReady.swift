// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2/models/{model}[/versions/{version}]/ready`: whether a version takes requests.
struct GetModelReady: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        guard try edge.server.isReady(path.model, version: path.version) else {
            return .error(.badRequest, "Model version not ready")
        }
        return .json {
            $0.raw("{")
            $0.key("name", isFirst: true)
            $0.string(path.model)
            $0.raw(",\"ready\":true}")
        }
    }
}
