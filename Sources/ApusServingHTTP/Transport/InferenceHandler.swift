// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import NIOCore
import NIOHTTP1

/// Answers requests for inference on the thread of their connection, and passes all others on to the router.
///
/// It belongs to one event loop, as every channel handler does. Requests are answered one after the other, in the order
/// in which they came.
final class InferenceHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        /// The parts of a request go on to the router.
        case passing
        case collecting(InferenceCall)
        /// A request is under way.
        case waiting(InferenceCall)
        /// The client has not read the last answer; what comes waits until it has.
        case unread
        /// The connection ends with the answer that was sent; what still comes is passed over.
        case ending
    }

    private let edge: HTTPEdge
    /// Whether it answers one stream of a connection, which has no say over the connection.
    private let isStream: Bool
    private let addRouter: (any Channel) throws -> Void
    private var state = State.idle
    private var hasRouter = false
    /// Requests that were passed on and are not answered yet.
    private var passedCount = 0
    /// What came while a request was under way.
    private var held = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 0)
    private var wantsRead = false
    private var isQuiescing = false
    private var isInputClosed = false

    /// `addRouter`: Adds to the end of a channel's pipeline what answers all other requests.
    init(_ edge: HTTPEdge, isStream: Bool, addRouter: @escaping (any Channel) throws -> Void) {
        self.edge = edge
        self.isStream = isStream
        self.addRouter = addRouter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { take(unwrapInboundIn(data), context) }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.waiting, _), (.unread, _): held.append(part)
        case (.ending, _): break
        case (.idle, .head(let head)): begin(head, context)
        case (.collecting(let call), .body(let piece)):
            do throws(InferenceCall.Refusal) { try call.append(piece) } catch { end(with: error.answer, context) }
        case (.collecting(let call), .end): start(call, context)
        case (.passing, .end):
            state = .idle
            context.fireChannelRead(wrapInboundOut(part))
        case (.passing, _), (.idle, _): context.fireChannelRead(wrapInboundOut(part))
        case (.collecting, .head): context.close(promise: nil)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if passedCount == 0, head.method == .POST, let path = InferencePath(head.uri), !waitsForModel(head) {
            do throws(InferenceCall.Refusal) {
                let call = try InferenceCall(head, path, edge)
                if call.waitsForInvitation {
                    write(.head(HTTPResponseHead(version: head.version, status: .continue)), context)
                    context.flush()
                }
                state = .collecting(call)
            } catch {
                end(with: error.answer, context)
            }
            return
        }
        if !hasRouter {
            do { try addRouter(context.channel) } catch {
                context.close(promise: nil)
                return
            }
            hasRouter = true
        }
        state = .passing
        passedCount += 1
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Whether the body can only be read when its model is loaded, which may still have to be done.
    private func waitsForModel(_ head: HTTPRequestHead) -> Bool {
        edge.server.host.residency != nil && head.headers.first(name: "inference-header-content-length") == "0"
    }

    private func start(_ call: InferenceCall, _ context: ChannelHandlerContext) {
        state = .waiting(call)
        let bound = NIOLoopBound((self, call, context), eventLoop: context.eventLoop)
        call.start(on: context.eventLoop) { answer in
            let (handler, call, context) = bound.value
            handler.answer(answer, call, context)
        }
    }

    /// Sends the answer to the request under way and goes on with what came meanwhile.
    private func answer(_ answer: InferenceAnswer, _ call: InferenceCall, _ context: ChannelHandlerContext) {
        guard case .waiting = state, context.channel.isActive else { return }
        guard isStream || !isQuiescing && !edge.server.host.isShuttingDown && call.isKeptAlive else {
            end(with: answer, context)
            return
        }
        send(answer, isLast: false, promise: nil, context)
        if context.channel.isWritable { goOn(context) } else { state = .unread }
    }

    /// Goes on with what came while a request was under way or its answer was not read.
    private func goOn(_ context: ChannelHandlerContext) {
        state = .idle
        guard !held.isEmpty || wantsRead || isInputClosed else { return }
        while !held.isEmpty, !isHolding { take(held.removeFirst(), context) }
        // What was passed on above came in no cycle of reading, and the router waits for the end of one.
        context.fireChannelReadComplete()
        guard held.isEmpty, !isHolding else { return }
        if isInputClosed, !hasRouter {
            context.close(promise: nil)
        } else if wantsRead {
            wantsRead = false
            context.read()
        }
    }

    private func end(with answer: InferenceAnswer, _ context: ChannelHandlerContext) {
        held.removeAll()
        // A client that still sends would not get to read the answer if the connection were closed for it at once.
        let mode: CloseMode = if case .waiting = state { .all } else { .output }
        state = .ending
        let sent = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in bound.value.close(mode: mode, promise: nil) }
        send(answer, isLast: !isStream, promise: sent, context)
        if wantsRead {
            wantsRead = false
            context.read()
        }
    }

    private func send(
        _ answer: InferenceAnswer, isLast: Bool, promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) {
        var head = answer.head
        if isLast { head.headers.add(name: "connection", value: "close") }
        write(.head(head), context)
        write(.body(.byteBuffer(answer.body)), context)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }

    private func write(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(part), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        guard case .end = unwrapOutboundIn(data) else { return }
        passedCount = max(0, passedCount - 1)
        if isQuiescing, passedCount == 0, case .idle = state { context.close(mode: .output, promise: nil) }
    }

    /// Whether what comes has to wait.
    private var isHolding: Bool {
        switch state {
        case .waiting, .unread: true
        case .idle, .passing, .collecting, .ending: false
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .unread = state, context.channel.isWritable { goOn(context) }
        context.fireChannelWritabilityChanged()
    }

    /// Reads no more while what came already waits.
    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { wantsRead = true }
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        state = .ending
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // Who sends nothing more is gone, or nearly always is: what was asked for is not computed any more.
            cancel()
            isInputClosed = true
            if hasRouter { break }
            if !isHolding { context.close(promise: nil) }
            return
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            switch state {
            case .collecting, .waiting: return
            case .unread:
                context.close(mode: .output, promise: nil)
                return
            case .idle where passedCount == 0:
                context.close(promise: nil)
                return
            default: return
            }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func cancel() {
        if case .waiting(let call) = state { call.cancel() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError {
            switch state {
            case .idle where passedCount == 0, .collecting:
                end(with: InferenceAnswer(.badRequest, error: "the request is no sound HTTP: \(error)"), context)
                return
            default: break
            }
        }
        guard hasRouter else {
            context.close(promise: nil)
            return
        }
        context.fireErrorCaught(error)
    }
}
