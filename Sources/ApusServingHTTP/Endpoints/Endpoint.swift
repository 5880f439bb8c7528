// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Hummingbird

/// One endpoint: it decodes a request, calls the server and encodes the answer.
protocol Endpoint: Sendable {
    /// Answers a request; a ``ServingError`` it throws becomes an answer by the table of statuses.
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response
}
