// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird
import NIOCore

/// `POST /v2/models/{model}[/versions/{version}]/generate_stream`: inference whose answers come as events.
struct GenerateStream: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await GenerateBody(of: request, path, on: edge)
        let server = edge.server
        let stream = ResponseBody { writer in
            var event = JSONWriter(ByteBuffer())
            event.raw("data: ")
            do {
                try event.generated(try await server.infer(body.request))
            } catch {
                // The status is sent already: the error is an event.
                event = JSONWriter(ByteBuffer())
                event.raw("data: {\"error\":")
                event.string((error as? ServingError)?.message ?? "\(error)")
                event.raw("}")
            }
            event.raw("\n\n")
            try await writer.write(event.buffer)
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"], body: stream)
    }
}
