// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingHTTP
import ApusServingTransport
import Logging
import NIOCore
import NIOEmbedded

/// A connection of HTTP/1.1 that goes over no wire.
struct TestConnection {
    private let channel = NIOAsyncTestingChannel()

    init(_ echo: EchoServer, limits: HTTPLimits = HTTPLimits()) async throws {
        let edge = HTTPEdge(server: echo.server, state: echo.state, limits: limits)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let pipeline = HTTPPipeline(edge, Routes.responder(edge), tasks: LiveTasks(), logger: logger)
        let channel = channel
        try await channel.testingEventLoop.executeInContext { try pipeline.configureConnection(channel) }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
    }

    /// Sends text, cut into pieces.
    func send(_ text: String, pieceSize: Int = .max) async throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try await channel.writeInbound(ByteBuffer(bytes: rest.prefix(pieceSize)))
            rest = rest.dropFirst(pieceSize)
        }
    }

    /// What the server sends, until it holds a text.
    func received(until end: String) async throws -> String {
        var text = ""
        while !text.contains(end) {
            text += String(buffer: try await channel.waitForOutboundWrite(as: ByteBuffer.self))
        }
        return text
    }

    /// Waits until the server has closed the connection.
    func closed() async throws { try await channel.closeFuture.get() }

    /// Lets time pass on the connection's event loop.
    func advanceTime(seconds: Int64) async { await channel.testingEventLoop.advanceTime(by: .seconds(seconds)) }
}
