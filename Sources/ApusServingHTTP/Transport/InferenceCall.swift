// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingTransport
import NIOCore
import NIOHTTP1

/// A request for inference from its head to its answer.
///
/// It belongs to the event loop of its connection.
final class InferenceCall {
    /// Why a request is answered before it has come whole.
    struct Refusal: Error {
        let answer: InferenceAnswer
    }

    /// Whether the connection goes on after the answer.
    let isKeptAlive: Bool
    /// Whether the client waits to be told that its body is wanted.
    let waitsForInvitation: Bool

    private let edge: HTTPEdge
    private let path: InferencePath
    private let jsonLength: String?
    private let encoding: String?
    private let accepted: String?
    private var body = CollectedBody()
    private let pending = PendingInference()
    /// Whether the way in which the body is packed is one that is spoken.
    private var isSpoken = true

    /// Takes in the head of a request.
    init(_ head: HTTPRequestHead, _ path: InferencePath, _ edge: HTTPEdge) throws(Refusal) {
        self.edge = edge
        self.path = path
        isKeptAlive = head.isKeepAlive
        let headers = head.headers
        jsonLength = headers.first(name: "inference-header-content-length")
        encoding = headers.first(name: "content-encoding")
        accepted = headers.first(name: "accept-encoding")
        waitsForInvitation = headers.first(name: "expect")?.lowercased() == "100-continue"
        if let length = headers.first(name: "content-length").flatMap({ Int($0) }), length > edge.limits.bodyBytes {
            throw InferenceCall.tooLarge(edge.limits.bodyBytes)
        }
    }

    private static func tooLarge(_ limit: Int) -> Refusal {
        Refusal(answer: InferenceAnswer(.payloadTooLarge, error: BodyError.tooLarge(limit: limit).message))
    }

    /// Takes in a piece of the body.
    func append(_ piece: ByteBuffer) throws(Refusal) {
        guard piece.readableBytes <= edge.limits.bodyBytes - body.byteCount else {
            throw InferenceCall.tooLarge(edge.limits.bodyBytes)
        }
        body.append(piece)
    }

    /// Runs the request, whose body is whole; the completion hears the answer on the event loop, perhaps at once.
    func start(on eventLoop: any EventLoop, _ completion: @escaping @Sendable (InferenceAnswer) -> Void) {
        let form: ResponseForm
        let request: InferenceRequest
        do throws(ServingError) {
            let read = try self.read()
            (form, request) = (read.form, read.request)
        } catch {
            completion(answer(error))
            return
        }
        let accepted = accepted
        edge.server.begin(
            request, pending,
            hop: { eventLoop.hop($0) },
            { result in
                completion(InferenceAnswer(result, form, Compression.accepted(accepted)))
            })
    }

    /// The answer to a request that could not be read.
    private func answer(_ error: ServingError) -> InferenceAnswer {
        if !isSpoken { return InferenceAnswer(error, accepting: Compression.names) }
        guard edge.server.host.residency == nil else { return InferenceAnswer(error) }
        // That there is no such model tells more than what is wrong with the request.
        do throws(ServingError) { _ = try edge.server.host.metadata(path.model, version: path.version) } catch {
            return InferenceAnswer(error)
        }
        return InferenceAnswer(error)
    }

    private func read() throws(ServingError) -> InferenceBody {
        var whole = CollectedBody()
        swap(&whole, &body)
        isSpoken = false
        let compression = try Compression.of(encoding)
        isSpoken = true
        if let compression {
            let packed = whole.take(whole.byteCount)
            whole = CollectedBody([try compression.unpacked(packed, limit: edge.limits.unpackedBytes)])
        }
        return try InferenceBody(whole, jsonLength: jsonLength, path.model, path.version, on: edge)
    }

    /// Takes the request back: nobody waits for its answer.
    func cancel() { pending.cancel() }
}
