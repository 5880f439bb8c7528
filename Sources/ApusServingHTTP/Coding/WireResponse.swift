// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingTransport
import NIOCore

/// The body of an answer to a request for inference, and what its headers say of it.
struct WireResponse {
    var body: ByteBuffer
    /// The bytes of the body that are JSON, where binary tensors follow them.
    var jsonLength: Int?
    /// How the body was packed; nil where it was not.
    var compression: Compression?

    init(body: ByteBuffer) { self.body = body }

    var contentType: String { jsonLength == nil ? "application/json" : "application/octet-stream" }
}
