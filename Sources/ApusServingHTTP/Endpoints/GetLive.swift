// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2/health/live`: whether the process answers.
struct GetLive: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        edge.server.isLive
            ? .json { $0.raw("{\"live\":true}") } : .json(.serviceUnavailable) { $0.raw("{\"live\":false}") }
    }
}
