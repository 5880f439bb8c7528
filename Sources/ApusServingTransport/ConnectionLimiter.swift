// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Takes no more connections than a listener may have, and no more from one address than one may.
///
/// It belongs to the event loop of the listener.
final class ConnectionLimiter: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let limits: ListenerLimits
    private var count = 0
    private var peers: [String: Int] = [:]
    private var wantsRead = false
    private var isPaused = false

    init(_ limits: ListenerLimits) { self.limits = limits }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        let peer = limits.connectionsPerPeer == nil ? nil : channel.remoteAddress?.ipAddress
        if let peer, let most = limits.connectionsPerPeer {
            guard peers[peer, default: 0] < most else {
                channel.close(promise: nil)
                return
            }
            peers[peer, default: 0] += 1
        }
        count += 1
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        channel.closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (handler, context) = bound.value
            handler.leave(peer, context)
        }
        context.fireChannelRead(data)
    }

    private func leave(_ peer: String?, _ context: ChannelHandlerContext) {
        count -= 1
        if let peer, let left = peers[peer] { peers[peer] = left > 1 ? left - 1 : nil }
        readAgain(context)
    }

    private func readAgain(_ context: ChannelHandlerContext) {
        guard wantsRead, !isPaused, count < limits.connections else { return }
        wantsRead = false
        context.read()
    }

    /// Waits a little when the system has no descriptor for a connection, instead of asking again and again.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isPaused else { return }
        isPaused = true
        // After an error the channel is told of connections until its reading is switched off.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: ConnectionLimiter.pause) {
            let (handler, context) = bound.value
            handler.isPaused = false
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
            handler.readAgain(context)
        }
        context.fireErrorCaught(error)
    }

    private static let pause = TimeAmount.milliseconds(100)

    /// Takes no connection from the system's queue while there are as many as there may be.
    func read(context: ChannelHandlerContext) {
        if count < limits.connections, !isPaused { context.read() } else { wantsRead = true }
    }
}
