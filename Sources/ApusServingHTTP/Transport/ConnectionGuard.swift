// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Closes connections that are too slow: to send a head or a body, to ask again, or to read an answer.
///
/// It belongs to one event loop, as every channel handler does.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var state: ConnectionTiming
    private var timer: Scheduled<Void>?

    init(limits: HTTPLimits, on eventLoop: any EventLoop) {
        state = ConnectionTiming(limits: limits, now: eventLoop.now)
    }

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: state.head(at: context.eventLoop.now)
        case .body(let body):
            guard state.body(body.readableBytes, at: context.eventLoop.now) else {
                context.close(promise: nil)
                return
            }
        case .end: state.end(at: context.eventLoop.now)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { state.answered(at: context.eventLoop.now) }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        state.writable(context.channel.isWritable, at: context.eventLoop.now)
        context.fireChannelWritabilityChanged()
    }

    /// Looks again when the nearest deadline there was has come: it may have moved since.
    private func schedule(_ context: ChannelHandlerContext) {
        let check = state.nextCheck(at: context.eventLoop.now)
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: check) { [self] in
            timer = nil
            if state.isOver(at: context.eventLoop.now) {
                context.close(promise: nil)
            } else {
                schedule(context)
            }
        }
    }
}
