// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingTransport
import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Speaks gRPC on one stream: runs `ModelInfer` on the thread of the connection, and passes other calls on in parts.
///
/// It belongs to one event loop, as every channel handler does.
final class CallHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = RPCRequestPart<WireBytes>
    typealias OutboundIn = RPCResponsePart<WireBytes>
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum State {
        case waitingForHead
        /// A request of `ModelInfer`, which comes or runs.
        case unary(UnaryInference)
        /// Messages go on to what serves the method.
        case passing
        case ended
    }

    private static let inference =
        "/" + Inference_GRPCInferenceService.Method.ModelInfer.descriptor.fullyQualifiedMethod

    private let edge: GRPCEdge
    /// Adds to a channel's pipeline what serves a method.
    private let addService: (any Channel, MethodDescriptor) throws -> Void
    private var state = State.waitingForHead
    private var reader = MessageReader(nil, limit: 0)
    private var compression: Compression?
    private var hasSentHead = false
    private var isRunning = false
    private var timer: Scheduled<Void>?

    init(_ edge: GRPCEdge, addService: @escaping (any Channel, MethodDescriptor) throws -> Void) {
        self.edge = edge
        self.addService = addService
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let head):
            guard case .waitingForHead = state else { return fail(context, "a second head within a call") }
            begin(head.headers, context)
            if head.endStream { end(context) }
        case .data(let data):
            timer?.cancel()
            timer = nil
            if case .byteBuffer(let bytes) = data.data { take(bytes, context) }
            if data.endStream { end(context) }
        case .rstStream: cancel()
        default: break
        }
    }

    private func begin(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        do throws(CallHead.Refusal) {
            let head = try CallHead(headers)
            compression = head.compression
            reader = MessageReader(head.compression, limit: edge.limits.messageBytes)
            if head.path == CallHandler.inference {
                state = .unary(UnaryInference(edge, timeout: head.timeout))
                return
            }
            guard let method = head.method else {
                let message = "the path '\(head.path)' names no method"
                throw CallHead.Refusal(error: RPCError(code: .unimplemented, message: message))
            }
            do { try addService(context.channel, method) } catch {
                context.close(promise: nil)
                return
            }
            state = .passing
            context.fireChannelRead(wrapInboundOut(.metadata(Metadata(headers))))
        } catch {
            refuse(error, context)
        }
    }

    private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        switch state {
        case .waitingForHead, .ended: return
        case .unary, .passing: break
        }
        reader.append(bytes)
        do throws(RPCError) {
            while let message = try reader.next() {
                if case .unary(let call) = state {
                    try call.take(message)
                } else {
                    context.fireChannelRead(wrapInboundOut(.message(WireBytes(message))))
                }
            }
        } catch {
            send(error, context)
        }
    }

    /// The client has sent all it will.
    private func end(_ context: ChannelHandlerContext) {
        switch state {
        case .waitingForHead, .ended: return
        case .unary, .passing: break
        }
        guard !reader.isWithinMessage else { return fail(context, "the call ends within a message") }
        guard case .unary(let call) = state else {
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            return
        }
        isRunning = true
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        call.start(on: context.eventLoop) { result in
            let (handler, context) = bound.value
            handler.answer(result, context)
        }
    }

    private func answer(_ result: Result<OutgoingInference, RPCError>, _ context: ChannelHandlerContext) {
        guard case .unary = state, context.channel.isActive else { return }
        do throws(RPCError) {
            let bytes = try CallHandler.framed(try result.get(), compression)
            sendHead(Metadata(), context)
            write(.data(.init(data: .byteBuffer(bytes))), context)
            sendStatus(Status(code: .ok, message: ""), Metadata(), context)
        } catch {
            send(error, context)
        }
    }

    /// A message with its length before it, packed where the request was and it gets smaller.
    private static func framed(
        _ message: OutgoingInference, _ compression: Compression?
    ) throws(RPCError) -> ByteBuffer {
        let count = message.byteCount
        var bytes = ByteBufferAllocator().buffer(capacity: 5 + count)
        bytes.writeInteger(UInt8(0))
        bytes.writeInteger(UInt32(truncatingIfNeeded: count))
        guard count <= Int(UInt32.max) else {
            throw RPCError(code: .resourceExhausted, message: "an answer of \(count) bytes is too large for gRPC")
        }
        do {
            // SAFETY: the buffer has room for as many bytes, and the message writes them all.
            try unsafe bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
                let place = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
                var target = unsafe MutableRawSpan(_unsafeBytes: place)
                try message.write(into: &target)
                return count
            }
        } catch {
            throw RPCError(code: .internalError, message: "the answer could not be written: \(error)")
        }
        guard let compression, count >= 1024, let slice = bytes.getSlice(at: 5, length: count),
            let packed = compression.packed(slice)
        else { return bytes }
        bytes.clear()
        bytes.writeInteger(UInt8(1))
        bytes.writeInteger(UInt32(packed.readableBytes))
        bytes.writeImmutableBuffer(packed)
        return bytes
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .metadata(let metadata):
            sendHead(metadata, context)
            promise?.succeed()
        case .message(let message):
            var bytes = ByteBufferAllocator().buffer(capacity: 5 + message.count)
            bytes.writeInteger(UInt8(0))
            bytes.writeInteger(UInt32(message.count))
            bytes.writeImmutableBuffer(message.buffer)
            context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(bytes)))), promise: promise)
        case .status(let status, let metadata):
            sendStatus(status, metadata, context)
            promise?.succeed()
        }
    }

    private func sendHead(_ metadata: Metadata, _ context: ChannelHandlerContext) {
        guard !hasSentHead else { return }
        hasSentHead = true
        write(.headers(.init(headers: CallHandler.head(metadata, compression))), context)
    }

    private static func head(_ metadata: Metadata, _ compression: Compression?) -> HPACKHeaders {
        var headers = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])
        if let compression { headers.add(name: "grpc-encoding", value: compression.rawValue) }
        headers.add(metadata)
        return headers
    }

    /// Sends how the call ended, and with it the head where none was sent.
    private func sendStatus(_ status: Status, _ metadata: Metadata, _ context: ChannelHandlerContext) {
        state = .ended
        var trailers = hasSentHead ? HPACKHeaders() : CallHandler.head(Metadata(), nil)
        hasSentHead = true
        trailers.add(name: "grpc-status", value: String(status.code.rawValue))
        if !status.message.isEmpty {
            trailers.add(name: "grpc-message", value: StatusMessage.encoded(status.message))
        }
        trailers.add(metadata)
        context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: trailers, endStream: true))), promise: nil)
    }

    private func send(_ error: RPCError, _ context: ChannelHandlerContext) {
        if case .passing = state { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        sendStatus(Status(code: Status.Code(error.code), message: error.message), error.metadata, context)
    }

    private func refuse(_ refusal: CallHead.Refusal, _ context: ChannelHandlerContext) {
        if let error = refusal.error { return send(error, context) }
        state = .ended
        let headers = HPACKHeaders([(":status", String(refusal.httpStatus))])
        context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: headers, endStream: true))), promise: nil)
    }

    private func fail(_ context: ChannelHandlerContext, _ message: String) {
        send(RPCError(code: .internalError, message: message), context)
    }

    private func write(_ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(payload), promise: nil)
    }

    /// Gives a request that has not come whole some time.
    func channelReadComplete(context: ChannelHandlerContext) {
        if case .unary = state, !isRunning, timer == nil {
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            timer = context.eventLoop.scheduleTask(in: TimeAmount(edge.limits.bodyTime)) {
                let (handler, context) = bound.value
                guard case .unary = handler.state, !handler.isRunning else { return }
                let message = "the request's message stood still for \(handler.edge.limits.bodyTime)"
                handler.send(RPCError(code: .deadlineExceeded, message: message), context)
            }
        }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        cancel()
        if case .passing = state { context.fireErrorCaught(error) } else { context.close(promise: nil) }
    }

    private func cancel() {
        timer?.cancel()
        timer = nil
        if case .unary(let call) = state {
            state = .ended
            call.cancel()
        }
    }
}
