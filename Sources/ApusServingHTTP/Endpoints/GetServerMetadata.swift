// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2`: what the server says of itself.
struct GetServerMetadata: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let metadata = edge.server.serverMetadata()
        return .json {
            $0.raw("{")
            $0.key("name", isFirst: true)
            $0.string(metadata.name)
            $0.key("version")
            $0.string(metadata.version)
            $0.key("extensions")
            $0.strings(metadata.extensions)
            $0.raw("}")
        }
    }
}
