// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP2

/// Finds out by its first bytes whether a connection speaks HTTP/1.1 or HTTP/2, and sets it up for that.
///
/// It belongs to one event loop, as every channel handler does.
final class ProtocolSniffer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let protocols: EdgeProtocols
    private let limits: ListenerLimits
    private var bytes = ByteBuffer()
    private var timer: Scheduled<Void>?

    init(_ protocols: EdgeProtocols, _ limits: ListenerLimits) {
        self.protocols = protocols
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: TimeAmount(limits.headTime)) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        bytes.writeBuffer(&piece)
        let known = bytes.readableBytesView.prefix(ProtocolSniffer.preface.count)
        let isHTTP2 = ProtocolSniffer.preface.starts(with: known)
        guard !isHTTP2 || known.count == ProtocolSniffer.preface.count || protocols.http1 == nil else { return }
        do {
            if isHTTP2 || protocols.http1 == nil {
                try setUpHTTP2(context.channel)
            } else {
                try protocols.http1?(context.channel)
            }
        } catch {
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(wrapInboundOut(bytes))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed, is ChannelShouldQuiesceEvent: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func setUpHTTP2(_ channel: any Channel) throws {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 64 << 10),
            HTTP2Setting(parameter: .maxFrameSize, value: 1 << 20),
            HTTP2Setting(parameter: .initialWindowSize, value: ProtocolSniffer.window),
        ]
        connection.targetWindowSize = ProtocolSniffer.window
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = ProtocolSniffer.window
        stream.outboundBufferSizeHighWatermark = 1 << 20
        stream.outboundBufferSizeLowWatermark = 1 << 18
        let protocols = protocols
        let guardian = HTTP2ConnectionGuard(limits, on: channel.eventLoop)
        _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: connection, streamConfiguration: stream, streamDelegate: guardian
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(StreamRouter(protocols))
            }
        }
        try channel.pipeline.syncOperations.addHandler(guardian)
    }

    /// The bytes a client may send before it is told to go on.
    private static let window = 8 << 20
}
