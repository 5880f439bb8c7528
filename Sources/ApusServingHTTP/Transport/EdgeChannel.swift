// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
package import Logging
package import NIOCore
package import NIOHTTPTypes

/// A connection of HTTP/1.1 whose requests are handled on its own event loop.
package struct EdgeChannel: ServerChildChannel {
    package typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    private let base: HTTP1Channel

    init(limits: HTTPLimits, responder: @escaping HTTPChannelHandler.Responder) {
        var configuration = HTTP1Channel.Configuration(additionalChannelHandlers: [ConnectionGuard(limits: limits)])
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 128)
        base = HTTP1Channel(responder: responder, configuration: configuration)
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger)
    }

    package func handle(value: Value, logger: Logger) async {
        let base = base
        let work = Task(executorPreference: EventLoopTaskExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
        // Whoever is gone needs no answer.
        value.channel.closeFuture.whenComplete { _ in work.cancel() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
    }
}
