// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2/health/ready`: whether the server takes requests.
struct GetReady: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        if edge.server.isReady { return .json { $0.raw("{\"ready\":true}") } }
        let reason = edge.server.host.isShuttingDown ? "the server is shutting down" : "models are still being loaded"
        return .json(.serviceUnavailable) {
            $0.raw("{\"ready\":false")
            $0.key("error")
            $0.string(reason)
            $0.raw("}")
        }
    }
}
