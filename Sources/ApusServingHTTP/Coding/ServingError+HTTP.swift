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

    /// The HTTP status that stands for the error.
    var status: HTTPResponse.Status { ServingError.statuses[code] ?? .badRequest }

    /// The whole seconds after which a client may try again; nil where that is not known.
    var retrySeconds: Int64? {
        retryAfter.map { max(1, $0.components.seconds + ($0.components.attoseconds > 0 ? 1 : 0)) }
    }

    /// The error as an answer: its status and `{"error": …}`.
    var response: Response {
        var response = Response.error(status, message)
        if let retrySeconds { response.headers[.retryAfter] = String(retrySeconds) }
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
        json(status) { $0.error(message) }
    }

    /// An answer that only says that it was done.
    static var done: Response { Response(status: .ok, headers: [.contentType: "application/json"]) }
}

extension JSONWriter {
    /// Writes an object that says what went wrong.
    mutating func error(_ message: String) {
        raw("{")
        key("error", isFirst: true)
        string(message)
        raw("}")
    }
}
