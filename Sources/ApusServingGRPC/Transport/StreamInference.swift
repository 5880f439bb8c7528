// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingTransport
import GRPCCore
import NIOCore

/// A call that runs any number of requests at one time, and answers them in the order in which they came.
///
/// It belongs to the event loop of its connection.
final class StreamInference {
    private struct Entry {
        /// The caller's name for the request.
        let id: String
        let pending = PendingInference()
        var result: Result<OutgoingInference, ServingError>?
    }

    /// What the call sends next.
    enum Answer {
        case message(OutgoingInference)
        /// The call ends: the client has sent all and has all answers, or an error ends it.
        case end(RPCError?)
    }

    private let edge: GRPCEdge
    private let deadline: ContinuousClock.Instant?
    /// Whether a request that fails ends the call, instead of being answered with a message that says so.
    private let endsOnError: Bool
    /// Requests that are not answered yet.
    private var entries = CircularBuffer<Entry>()
    /// The number of the first of them.
    private var first = 0
    private var hasAll = false

    init(_ edge: GRPCEdge, timeout: Duration?, endsOnError: Bool) {
        self.edge = edge
        self.endsOnError = endsOnError
        deadline = timeout.map { ContinuousClock.now + $0 }
    }

    /// Whether as many requests are under way as may be.
    var isFull: Bool { entries.count >= edge.limits.requestsPerStream }

    /// Begins to run a request; the completion hears on the event loop, perhaps at once, that there may be answers.
    func take(
        _ message: ByteBuffer, on eventLoop: any EventLoop, _ completion: @escaping @Sendable () -> Void
    ) {
        let incoming = IncomingInference(message.readableBytesUInt8Span, edge.state.regions)
        let number = first + entries.count
        let entry = Entry(id: incoming.id)
        entries.append(entry)
        do throws(ServingError) {
            var (request, form) = try incoming.result.get()
            request.deadline = deadline
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            edge.server.begin(
                request, entry.pending,
                hop: { eventLoop.hop($0) },
                { [form] result in
                    let answer = result.flatMap { response in
                        Result { () throws(ServingError) in
                            try OutgoingInference(response, form, isStreamed: true)
                        }
                    }
                    bound.value.note(number, answer)
                    completion()
                })
        } catch {
            note(number, .failure(error))
            completion()
        }
    }

    private func note(_ number: Int, _ result: Result<OutgoingInference, ServingError>) {
        guard number >= first, number - first < entries.count else { return }
        entries[entries.index(entries.startIndex, offsetBy: number - first)].result = result
    }

    /// The client has sent all it will.
    func end() { hasAll = true }

    /// The answer whose turn it is; nil while the request it belongs to runs, or the client may send more.
    func next() -> Answer? {
        guard let entry = entries.first else { return hasAll ? .end(nil) : nil }
        guard let result = entry.result else { return nil }
        entries.removeFirst()
        first += 1
        switch result {
        case .success(let answer): return .message(answer)
        case .failure(let error):
            return endsOnError ? .end(error.rpcError) : .message(OutgoingInference(failure: error, id: entry.id))
        }
    }

    /// Takes all requests back: nobody waits for their answers.
    func cancel() {
        for entry in entries where entry.result == nil { entry.pending.cancel() }
        entries.removeAll()
    }
}
