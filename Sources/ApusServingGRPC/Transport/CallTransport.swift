// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingTransport
import ApusTelemetry
package import GRPCCore
import NIOCore

/// Hands the calls of connections to what serves their methods.
package final class CallTransport: ServerTransport {
    package typealias Bytes = WireBytes
    private typealias Handler = @concurrent @Sendable (RPCStream<Inbound, Outbound>, ServerContext) async -> Void

    private struct State {
        var handler: Handler?
        /// Calls that came before what is to serve them.
        var waiting: [CheckedContinuation<Handler?, Never>] = []
        var isStopped = false
        var stop: CheckedContinuation<Void, Never>?
    }

    private let state = Lock(State())

    package init() {}

    package func listen(
        streamHandler: @escaping @concurrent @Sendable (RPCStream<Inbound, Outbound>, ServerContext) async -> Void
    ) async throws {
        let waiting = state.withLock { state in
            state.handler = streamHandler
            defer { state.waiting = [] }
            return state.waiting
        }
        for call in waiting { call.resume(returning: streamHandler) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isStopped = state.withLock { state in
                    if !state.isStopped { state.stop = continuation }
                    return state.isStopped
                }
                if isStopped { continuation.resume() }
            }
        } onCancel: {
            beginGracefulShutdown()
        }
    }

    package func beginGracefulShutdown() {
        let (stop, waiting) = state.withLock { state in
            state.isStopped = true
            defer { (state.stop, state.waiting) = (nil, []) }
            return (state.stop, state.waiting)
        }
        stop?.resume()
        for call in waiting { call.resume(returning: nil) }
    }

    /// Serves one call until it ends.
    func serve(
        _ channel: NIOAsyncChannel<RPCRequestPart<WireBytes>, RPCResponsePart<WireBytes>>, _ method: MethodDescriptor
    ) async {
        guard let handler = await handler() else {
            channel.channel.close(promise: nil)
            return
        }
        let connection = channel.channel
        try? await channel.executeThenClose { inbound, outbound in
            await withServerContextRPCCancellationHandle { cancellation in
                connection.closeFuture.whenComplete { _ in cancellation.cancel() }
                let stream = RPCStream(
                    descriptor: method,
                    inbound: RPCAsyncSequence<RPCRequestPart<WireBytes>, any Error>(wrapping: inbound),
                    outbound: RPCWriter<RPCResponsePart<WireBytes>>.Closable(
                        wrapping: CallWriter(outbound, connection)))
                let context = ServerContext(
                    descriptor: method, remotePeer: "\(connection.remoteAddress.map { "\($0)" } ?? "")",
                    localPeer: "\(connection.localAddress.map { "\($0)" } ?? "")", cancellation: cancellation)
                await handler(stream, context)
            }
        }
    }

    private func handler() async -> Handler? {
        await withCheckedContinuation { continuation in
            let ready: Handler?? = state.withLock { state in
                if state.handler == nil, !state.isStopped {
                    state.waiting.append(continuation)
                    return nil
                }
                return .some(state.handler)
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}

/// Writes the parts of a call's answer to its channel.
private struct CallWriter: ClosableRPCWriterProtocol {
    private let writer: NIOAsyncChannelOutboundWriter<RPCResponsePart<WireBytes>>
    private let channel: any Channel

    init(_ writer: NIOAsyncChannelOutboundWriter<RPCResponsePart<WireBytes>>, _ channel: any Channel) {
        self.writer = writer
        self.channel = channel
    }

    func write(_ element: RPCResponsePart<WireBytes>) async throws { try await writer.write(element) }

    func write(contentsOf elements: some Sequence<RPCResponsePart<WireBytes>>) async throws {
        try await writer.write(contentsOf: Array(elements))
    }

    func finish() async { writer.finish() }

    func finish(throwing error: any Error) async { channel.pipeline.fireErrorCaught(error) }
}
