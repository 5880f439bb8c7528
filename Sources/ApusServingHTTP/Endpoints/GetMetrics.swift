// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import Hummingbird
import NIOCore

/// `GET /metrics` on the metrics port: everything that is counted, as Prometheus reads it.
struct GetMetrics: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: edge.server.metrics.exposition())))
    }
}
