// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP2

/// Closes connections of HTTP/2 that lie idle or leave unread what is sent to them, and lets them end in order.
///
/// It belongs to one event loop, as every channel handler does.
///
/// Unchecked: everything is called on the event loop of its connection, whose streams live there too.
final class HTTP2ConnectionGuard: ChannelDuplexHandler, NIOHTTP2StreamDelegate, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let limits: ListenerLimits
    private var streamCount = 0
    private var newest = HTTP2StreamID.rootStream
    private var idleSince: NIODeadline
    private var unreadSince: NIODeadline?
    private var timer: Scheduled<Void>?
    private var isEnding = false
    private let eventLoop: any EventLoop
    private var context: ChannelHandlerContext?

    init(_ limits: ListenerLimits, on eventLoop: any EventLoop) {
        self.limits = limits
        self.eventLoop = eventLoop
        idleSince = eventLoop.now
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        schedule(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
        streamCount += 1
        newest = max(newest, id)
    }

    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
        streamCount -= 1
        guard streamCount == 0 else { return }
        idleSince = eventLoop.now
        if isEnding { context?.close(promise: nil) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unreadSince = context.channel.isWritable ? nil : unreadSince ?? eventLoop.now
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: end(context)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An error of one stream ends that stream; what else arrives here has broken the connection.
        guard error is NIOHTTP2Errors.StreamError else {
            context.close(promise: nil)
            return
        }
    }

    /// Tells the client to open no more streams, and closes the connection after the last.
    private func end(_ context: ChannelHandlerContext) {
        guard !isEnding else { return }
        isEnding = true
        let farewell = HTTP2Frame.FramePayload.goAway(lastStreamID: newest, errorCode: .noError, opaqueData: nil)
        context.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: farewell)), promise: nil)
        if streamCount == 0 { context.close(promise: nil) }
    }

    /// Looks again when the nearest deadline there was has come: it may have moved since.
    private func schedule(_ context: ChannelHandlerContext) {
        let (idle, write) = (TimeAmount(limits.idleTime), TimeAmount(limits.writeTime))
        let now = eventLoop.now
        var next = now + min(idle, write)
        if streamCount == 0 { next = min(next, idleSince + idle) }
        if let unreadSince { next = min(next, unreadSince + write) }
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [self] in
            let now = eventLoop.now
            let isIdle = streamCount == 0 && now >= idleSince + idle
            let isStuck = unreadSince.map { now >= $0 + write } ?? false
            if isStuck {
                context.close(promise: nil)
            } else {
                if isIdle { end(context) } else { schedule(context) }
            }
        }
    }
}
