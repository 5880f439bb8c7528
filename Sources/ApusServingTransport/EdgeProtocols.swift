// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What the connections of a listener may speak, and what answers each of it.
///
/// Each closure adds handlers to the pipeline of a channel, on the channel's event loop.
package struct EdgeProtocols: Sendable {
    package typealias Initializer = @Sendable (any Channel) throws -> Void

    /// For a connection of HTTP/1.1; nil where it is not spoken.
    package var http1: Initializer?
    /// For a stream of HTTP/2 that is no call of gRPC, and whose parts are the payloads of frames; nil where none is.
    package var http2: Initializer?
    /// For a call of gRPC, whose parts are the payloads of frames; nil where none is.
    package var grpc: Initializer?

    package init(http1: Initializer? = nil, http2: Initializer? = nil, grpc: Initializer? = nil) {
        self.http1 = http1
        self.http2 = http2
        self.grpc = grpc
    }
}
