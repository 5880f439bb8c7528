// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingTransport
import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Speaks gRPC on one stream: runs inference on the thread of the connection, and passes other calls on in parts.
///
/// It belongs to one event loop, as every channel handler does.
final class CallHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = RPCRequestPart<WireBytes>
    typealias OutboundIn = RPCResponsePart<WireBytes>
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum State {
        case waitingForHead
        case unary(UnaryInference)
        case stream(StreamInference)
        /// Messages go on to what serves the method.
        case passing
        case ended
    }

    private typealias Method = Inference_GRPCInferenceService.Method
    private static let unary = "/" + Method.ModelInfer.descriptor.fullyQualifiedMethod
    private static let stream = "/" + Method.ModelStreamInfer.descriptor.fullyQualifiedMethod

    private let edge: GRPCEdge
    /// Adds to a channel's pipeline what serves a method.
    private let addService: (any Channel, MethodDescriptor) throws -> Void
    private var state = State.waitingForHead
    private var reader = MessageReader(nil, limit: 0)
    private var compression: Compression?
    private var hasSentHead = false
    /// The client has sent all it will.
    private var hasAll = false
    private var isReading = false
    private var isAdvancing = false
    private var wantsRead = false
    private var timer: Scheduled<Void>?
    /// When a message began to come that has not come whole, and how many bytes of it have.
    private var began: NIODeadline?
    private var byteCount = 0

    init(_ edge: GRPCEdge, addService: @escaping (any Channel, MethodDescriptor) throws -> Void) {
        self.edge = edge
        self.addService = addService
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        switch unwrapInboundIn(data) {
        case .headers(let head):
            guard case .waitingForHead = state else { return fail(context, "a second head within a call") }
            begin(head.headers, context)
            hasAll = head.endStream
        case .data(let data):
            timer?.cancel()
            timer = nil
            byteCount += data.data.readableBytes
            if case .byteBuffer(let bytes) = data.data { reader.append(bytes) }
            hasAll = data.endStream
        default: return
        }
        advance(context)
    }

    private func begin(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        do throws(CallHead.Refusal) {
            let head = try CallHead(headers)
            compression = head.compression
            reader = MessageReader(head.compression, limit: edge.limits.messageBytes)
            if head.path == CallHandler.unary {
                state = .unary(UnaryInference(edge, timeout: head.timeout))
                return
            }
            if head.path == CallHandler.stream {
                let endsOnError = headers.first(name: "triton_grpc_error") == "true"
                state = .stream(StreamInference(edge, timeout: head.timeout, endsOnError: endsOnError))
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

    /// Hands on the messages that have come whole, and tells when there will be no more.
    private func advance(_ context: ChannelHandlerContext) {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        do throws(RPCError) {
            while !isFull, let message = try nextMessage() { try take(message, context) }
        } catch {
            return send(error, context)
        }
        guard hasAll, !isFull else { return }
        guard !reader.isWithinMessage else { return fail(context, "the call ends within a message") }
        hasAll = false
        switch state {
        case .waitingForHead, .ended: break
        case .passing: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .stream(let call):
            call.end()
            deliver(call, context)
        case .unary(let call):
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            call.start(on: context.eventLoop) { result in
                let (handler, context) = bound.value
                handler.answer(result, context)
            }
        }
    }

    /// Whether no more requests of the call are to be begun.
    private var isFull: Bool { if case .stream(let call) = state { call.isFull } else { false } }

    private func nextMessage() throws(RPCError) -> ByteBuffer? {
        if case .ended = state { return nil }
        return try reader.next()
    }

    private func take(_ message: ByteBuffer, _ context: ChannelHandlerContext) throws(RPCError) {
        switch state {
        case .waitingForHead, .ended: break
        case .passing: context.fireChannelRead(wrapInboundOut(.message(WireBytes(message))))
        case .unary(let call): try call.take(message)
        case .stream(let call):
            let bound = NIOLoopBound((self, call, context), eventLoop: context.eventLoop)
            call.take(message, on: context.eventLoop) {
                let (handler, call, context) = bound.value
                handler.deliver(call, context)
            }
        }
    }

    /// Sends the answers of a stream whose turn it is, and goes on with requests that waited for room.
    private func deliver(_ call: StreamInference, _ context: ChannelHandlerContext) {
        guard case .stream = state, context.channel.isActive else { return }
        let wasFull = call.isFull
        while let answer = call.next() {
            switch answer {
            case .message(let message):
                do throws(RPCError) {
                    let bytes = try CallFrames.message(message, compression)
                    sendHead(Metadata(), context)
                    write(.data(.init(data: .byteBuffer(bytes))), context)
                } catch {
                    return send(error, context)
                }
            case .end(nil): return sendStatus(Status(code: .ok, message: ""), Metadata(), context)
            case .end(.some(let error)): return send(error, context)
            }
        }
        if !isReading { context.flush() }
        guard wasFull, !call.isFull else { return }
        advance(context)
        readAgain(context)
    }

    private func answer(_ result: Result<OutgoingInference, RPCError>, _ context: ChannelHandlerContext) {
        guard case .unary = state, context.channel.isActive else { return }
        do throws(RPCError) {
            let bytes = try CallFrames.message(try result.get(), compression)
            sendHead(Metadata(), context)
            write(.data(.init(data: .byteBuffer(bytes))), context)
            sendStatus(Status(code: .ok, message: ""), Metadata(), context)
        } catch {
            send(error, context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .metadata(let metadata):
            sendHead(metadata, context)
            promise?.succeed()
        case .message(let message):
            let bytes = CallFrames.message(message.buffer)
            context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(bytes)))), promise: promise)
        case .status(let status, let metadata):
            sendStatus(status, metadata, context)
            promise?.succeed()
        }
    }

    private func sendHead(_ metadata: Metadata, _ context: ChannelHandlerContext) {
        guard !hasSentHead else { return }
        hasSentHead = true
        // Parts of other calls are never packed.
        let compression: Compression? = if case .passing = state { nil } else { compression }
        write(.headers(.init(headers: CallFrames.head(metadata, compression))), context)
    }

    private func sendStatus(_ status: Status, _ metadata: Metadata, _ context: ChannelHandlerContext) {
        if case .ended = state { return }
        let payload = CallFrames.status(status, metadata, hasSentHead: hasSentHead)
        cancel()
        hasSentHead = true
        context.writeAndFlush(wrapOutboundOut(payload), promise: nil)
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

    /// Sends what was answered meanwhile, and gives a request that has not come whole some time.
    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if case .stream = state { context.flush() }
        if case .unary(let call) = state, !call.isRunning, timer == nil { watch(context) }
        context.fireChannelReadComplete()
    }

    private func watch(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let (now, time) = (context.eventLoop.now, TimeAmount(edge.limits.bodyTime))
        let start = began ?? now
        began = start
        // A message that trickles in is late before it stands still.
        let latest = start + time + .seconds(Int64(byteCount / edge.limits.bodyBytesPerSecond))
        timer = context.eventLoop.scheduleTask(deadline: min(now + time, latest)) {
            let (handler, context) = bound.value
            let message = "the request's message took too long: \(handler.byteCount) bytes have come"
            handler.send(RPCError(code: .deadlineExceeded, message: message), context)
        }
    }

    /// Reads no more of a stream while as many of its requests are under way as may be, or its answers are not read.
    func read(context: ChannelHandlerContext) {
        if case .stream = state, isFull || !context.channel.isWritable {
            wantsRead = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { readAgain(context) }
        context.fireChannelWritabilityChanged()
    }

    private func readAgain(_ context: ChannelHandlerContext) {
        guard wantsRead, !isFull, context.channel.isWritable else { return }
        wantsRead = false
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .passing = state { return context.fireErrorCaught(error) }
        cancel()
        context.close(promise: nil)
    }

    /// Ends the call; what still runs for it is taken back.
    private func cancel() {
        timer?.cancel()
        timer = nil
        switch state {
        case .unary(let call): call.cancel()
        case .stream(let call): call.cancel()
        default: break
        }
        state = .ended
    }
}
