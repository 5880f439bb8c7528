// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2/systemsharedmemory[/region/{region}]/status`: the regions that are registered.
struct GetSharedMemory: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let name = path["region"]
        let regions = try edge.state.regions.status(name.isEmpty ? nil : name)
        return .json {
            $0.raw("[")
            for (index, region) in regions.enumerated() {
                $0.raw(index > 0 ? ",{" : "{")
                $0.key("name", isFirst: true)
                $0.string(region.name)
                $0.key("key")
                $0.string(region.key)
                $0.key("offset")
                $0.integer(region.offset)
                $0.key("byte_size")
                $0.integer(region.byteCount)
                $0.raw("}")
            }
            $0.raw("]")
        }
    }
}
