// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2/cudasharedmemory[/region/{region}]/status`: no regions, as there is no such device.
struct GetDeviceMemory: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let name = path["region"]
        guard name.isEmpty else {
            throw ServingError(.notFound, "Unable to find cuda shared memory region: '\(name)'")
        }
        return .json { $0.raw("[]") }
    }
}
