// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import HTTPTypes
import Hummingbird
import NIOCore

extension ServingError {
    /// The HTTP status of each code; what is not listed is the client's mistake.
    private static let statuses: [Code: HTTPResponse.Status] = [
        .notFound: .notFound,
        .unavailable: .serviceUnavailable,
        .resourceExhausted: .serviceUnavailable,
        .unimplemented: .notImplemented,
        .internal: .internalServerError,
        .deadlineExceeded: .gatewayTimeout,
    ]

    /// The error as an answer: its status and `{"error": …}`.
    var response: Response {
        var response = Response.error(ServingError.statuses[code] ?? .badRequest, message)
        if let retryAfter {
            let seconds = retryAfter.components.seconds + (retryAfter.components.attoseconds > 0 ? 1 : 0)
            response.headers[.retryAfter] = String(max(1, seconds))
        }
        return response
    }
}

extension Response {
    /// An answer with a body of JSON.
    static func json(
        _ status: HTTPResponse.Status = .ok, _ write: (inout JSONWriter) throws -> Void
    ) rethrows -> Response {
        var writer = JSONWriter(ByteBufferAllocator().buffer(capacity: 256))
        try write(&writer)
        return .json(status, writer.buffer)
    }

    /// An answer with a body of JSON that is written already.
    static func json(_ status: HTTPResponse.Status = .ok, _ buffer: ByteBuffer) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
    }

    /// An answer that says what went wrong.
    static func error(_ status: HTTPResponse.Status, _ message: String) -> Response {
        json(status) {
            $0.raw("{")
            $0.key("error", isFirst: true)
            $0.string(message)
            $0.raw("}")
        }
    }

    /// An answer that only says that it was done.
    static var done: Response { Response(status: .ok, headers: [.contentType: "application/json"]) }
}
