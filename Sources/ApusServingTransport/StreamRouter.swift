// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHPACK
import NIOHTTP2

/// Finds out by the head of a stream whether it is a call of gRPC, and sets it up for what it is.
///
/// It belongs to one event loop, as every channel handler does.
final class StreamRouter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    private let protocols: EdgeProtocols

    init(_ protocols: EdgeProtocols) { self.protocols = protocols }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(let head) = unwrapInboundIn(data) else { return }
        let type = head.headers.first(name: "content-type") ?? ""
        let http = protocols.http2
        let initializer = type.hasPrefix("application/grpc") ? protocols.grpc ?? http : http ?? protocols.grpc
        do { try initializer?(context.channel) } catch {
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
