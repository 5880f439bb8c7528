// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird
import NIOCore

/// `POST /v2/models/{model}[/versions/{version}]/generate_stream`: inference whose answers come as events.
struct GenerateStream: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await GenerateBody(of: request, path, on: edge)
        // The first answer is waited for before the status is sent, so that a refusal has a status of its own.
        let response = try await edge.server.infer(body.request)
        var event = JSONWriter(ByteBuffer())
        event.raw("data: ")
        try event.generated(response)
        event.raw("\n\n")
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"],
            body: ResponseBody { [text = event.buffer] writer in
                try await writer.write(text)
                try await writer.finish(nil)
            })
    }
}
