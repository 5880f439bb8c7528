// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingTransport
import HTTPTypes
import NIOCore
import NIOHTTP1

/// The answer to a request for inference, ready to be sent.
struct InferenceAnswer: Sendable {
    var head: HTTPResponseHead
    var body: ByteBuffer

    /// The answer to a request that ran or failed.
    init(_ result: Result<InferenceResponse, ServingError>, _ form: ResponseForm, _ compression: Compression?) {
        do throws(ServingError) {
            self.init(try result.get().wire(form, compression: compression))
        } catch {
            self.init(error)
        }
    }

    private init(_ wire: WireResponse) {
        body = wire.body
        var headers = HTTPHeaders()
        headers.reserveCapacity(4)
        headers.add(name: "content-type", value: wire.contentType)
        if let length = wire.jsonLength {
            headers.add(name: "inference-header-content-length", value: String(length))
        }
        if let compression = wire.compression {
            headers.add(name: "content-encoding", value: compression.rawValue)
        }
        headers.add(name: "content-length", value: String(body.readableBytes))
        head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
    }

    /// The answer that says why a request failed, and which compressions are spoken where that is why.
    init(_ error: ServingError, accepting names: String? = nil) {
        self.init(HTTPResponseStatus(statusCode: error.status.code), error: error.message)
        if let names { head.headers.add(name: "accept-encoding", value: names) }
        if let seconds = error.retrySeconds { head.headers.add(name: "retry-after", value: String(seconds)) }
    }

    /// An answer that says what went wrong.
    init(_ status: HTTPResponseStatus, error message: String) {
        var writer = JSONWriter(ByteBufferAllocator().buffer(capacity: 64 + message.utf8.count))
        writer.error(message)
        body = writer.buffer
        let headers: HTTPHeaders = [
            "content-type": "application/json", "content-length": String(body.readableBytes),
        ]
        head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    }
}
