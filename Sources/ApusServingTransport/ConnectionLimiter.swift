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
        guard wantsRead, count < limits.connections else { return }
        wantsRead = false
        context.read()
    }

    /// Takes no connection from the system's queue while there are as many as there may be.
    func read(context: ChannelHandlerContext) {
        if count < limits.connections { context.read() } else { wantsRead = true }
    }
}
