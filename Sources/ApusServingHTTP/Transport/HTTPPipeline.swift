// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
package import ApusServingTransport
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// What answers connections of HTTP/1.1 and streams of HTTP/2.
package struct HTTPPipeline: Sendable {
    private let edge: HTTPEdge
    private let router: HTTP1Channel
    private let tasks: LiveTasks

    /// Joins what answers requests for inference with what answers all others.
    ///
    /// `tasks`: Counts the tasks that connections have.
    package init(_ edge: HTTPEdge, _ responder: EdgeResponder, tasks: LiveTasks, logger: Logger) {
        self.edge = edge
        self.tasks = tasks
        router = HTTP1Channel { request, writer, channel in
            if HTTPPipeline.waitsForInvitation(request, edge.limits) {
                try await writer.writeInformationalHead(HTTPResponse(status: .continue))
            }
            let context = BasicRequestContext(source: .init(channel: channel, logger: logger))
            var response = try await responder.respond(to: request, context: context)
            if edge.server.host.isShuttingDown { response.headers[.connection] = "close" }
            try await writer.write(response: response.head, body: response.body)
            if response.headers[.connection] == "close" { throw ConnectionEnd() }
        }
        self.logger = logger
    }

    private let logger: Logger

    /// Thrown to end a connection after an answer that said so.
    private struct ConnectionEnd: Error {}

    /// Whether a client waits to be told that its body is wanted.
    private static func waitsForInvitation(_ request: Request, _ limits: HTTPLimits) -> Bool {
        guard let expected = request.headers[.expect], expected.lowercased() == "100-continue" else { return false }
        return (request.headers[.contentLength].flatMap { Int($0) } ?? 0) <= limits.bodyBytes
    }

    /// Adds to a connection of HTTP/1.1 what reads, answers and writes.
    package func configureConnection(_ channel: any Channel) throws {
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = 16 << 10
        decoder.maxHeaderListSize = 64 << 10
        decoder.maxHeaderFieldCount = 128
        let operations = channel.pipeline.syncOperations
        try operations.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoder)
        try operations.addHandler(ConnectionGuard(limits: edge.limits, on: channel.eventLoop))
        try operations.addHandler(InferenceHandler(edge, isStream: false, addRouter: addRouter))
    }

    /// Adds to a stream of HTTP/2 what reads, answers and writes.
    package func configureStream(_ channel: any Channel) throws {
        let operations = channel.pipeline.syncOperations
        try operations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
        try operations.addHandler(ConnectionGuard(limits: edge.limits, on: channel.eventLoop))
        try operations.addHandler(InferenceHandler(edge, isStream: true, addRouter: addRouter))
    }

    /// Adds what answers requests that are not for inference, in a task on the channel's event loop.
    private func addRouter(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        let parts = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        tasks.enter()
        let work = Task(executorPreference: EventLoopTaskExecutor(channel.eventLoop)) { [router, tasks, logger] in
            await router.handle(value: parts, logger: logger)
            tasks.leave()
        }
        // Whoever is gone needs no answer.
        channel.closeFuture.whenComplete { _ in work.cancel() }
    }
}
