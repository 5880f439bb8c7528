// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// Routes that name one of several repositories, which the server does not tell apart.
struct RefuseRepository: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        throw ServingError(
            .unimplemented, "'repository_name' specification is not supported, '\(path["repository"])' was named")
    }
}
