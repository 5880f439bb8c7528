// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingTransport
import GRPCCore
import NIOCore

/// A call that runs one request, from its message to its answer.
///
/// It belongs to the event loop of its connection.
final class UnaryInference {
    private let edge: GRPCEdge
    private let deadline: ContinuousClock.Instant?
    private let pending = PendingInference()
    private var message: ByteBuffer?
    /// Whether the request has come whole.
    private(set) var isRunning = false

    init(_ edge: GRPCEdge, timeout: Duration?) {
        self.edge = edge
        deadline = timeout.map { ContinuousClock.now + $0 }
    }

    /// Takes in the message, of which there is one.
    func take(_ message: ByteBuffer) throws(RPCError) {
        guard self.message == nil else {
            throw RPCError(code: .unimplemented, message: "a call of ModelInfer has more than one message")
        }
        self.message = message
    }

    /// Runs the request; the completion hears on the event loop, perhaps at once, what to answer.
    func start(
        on eventLoop: any EventLoop, _ completion: @escaping @Sendable (Result<OutgoingInference, RPCError>) -> Void
    ) {
        isRunning = true
        guard let message else {
            completion(.failure(RPCError(code: .internalError, message: "a call of ModelInfer has no message")))
            return
        }
        self.message = nil
        do throws(ServingError) {
            var (request, form) = try IncomingInference(message.readableBytesUInt8Span, edge.state.regions).result.get()
            request.deadline = deadline
            edge.server.begin(
                request, pending,
                hop: { eventLoop.hop($0) },
                { [form] result in
                    do throws(ServingError) {
                        completion(.success(try OutgoingInference(try result.get(), form)))
                    } catch {
                        completion(.failure(error.rpcError))
                    }
                })
        } catch {
            completion(.failure(error.rpcError))
        }
    }

    /// Takes the request back: nobody waits for its answer.
    func cancel() { pending.cancel() }
}
