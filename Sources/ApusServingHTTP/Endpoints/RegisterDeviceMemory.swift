// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2/cudasharedmemory/region/{region}/register`: refused, as there is no such device.
struct RegisterDeviceMemory: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        throw ServingError(
            .invalidArgument,
            "failed to register CUDA shared memory region '\(path["region"])': this server computes on CPUs only")
    }
}
