// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2/repository/index`: the models there are.
struct GetRepositoryIndex: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await SmallBody(of: request)
        let onlyReady = try body.read(false) { reader throws(JSONError) in
            var onlyReady = false
            var isFirst = true
            try reader.beginObject()
            while let key = try reader.nextKey(&isFirst) {
                if key == "ready" { onlyReady = try reader.bool() } else { try reader.skip() }
            }
            try reader.end()
            return onlyReady
        }
        let entries = edge.server.repositoryIndex(onlyReady: onlyReady)
        return .json {
            $0.raw("[")
            for (index, entry) in entries.enumerated() {
                $0.raw(index > 0 ? ",{" : "{")
                $0.key("name", isFirst: true)
                $0.string(entry.name)
                if !entry.version.isEmpty {
                    $0.key("version")
                    $0.string(entry.version)
                }
                if !entry.state.isEmpty {
                    $0.key("state")
                    $0.string(entry.state)
                }
                if !entry.reason.isEmpty {
                    $0.key("reason")
                    $0.string(entry.reason)
                }
                $0.raw("}")
            }
            $0.raw("]")
        }
    }
}
