// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2/cudasharedmemory[/region/{region}]/unregister`: done, as there is nothing to forget.
struct UnregisterDeviceMemory: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response { .done }
}
