// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2/systemsharedmemory[/region/{region}]/unregister`: forgets a region, or all.
struct UnregisterSharedMemory: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let name = path["region"]
        edge.state.regions.unregister(name.isEmpty ? nil : name)
        return .done
    }
}
