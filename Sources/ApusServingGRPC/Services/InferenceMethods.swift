// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import GRPCCore

/// `ModelInfer` and `ModelStreamInfer`.
struct InferenceMethods: Sendable {
    private let edge: GRPCEdge

    init(_ edge: GRPCEdge) { self.edge = edge }

    func register<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let deserializer = InferenceDeserializer(regions: edge.state.regions)
        router.registerHandler(
            forMethod: Inference_GRPCInferenceService.Method.ModelInfer.descriptor, deserializer: deserializer,
            serializer: InferenceSerializer()
        ) { request, _ in try await infer(request) }
        router.registerHandler(
            forMethod: Inference_GRPCInferenceService.Method.ModelStreamInfer.descriptor, deserializer: deserializer,
            serializer: InferenceSerializer()
        ) { request, _ in streamInfer(request) }
    }

    private func infer(
        _ request: StreamingServerRequest<IncomingInference>
    ) async throws -> StreamingServerResponse<OutgoingInference> {
        let deadline = InferenceMethods.deadline(request.metadata)
        let request = try await ServerRequest(stream: request)
        do {
            let (work, form) = try started(request.message, deadline)
            let answer = try await withRPCCancellationHandler {
                try await work.value
            } onCancelRPC: {
                work.cancel()
            }
            return StreamingServerResponse(
                single: ServerResponse(message: try OutgoingInference(answer, form)))
        } catch let error as ServingError {
            throw error.rpcError
        }
    }

    /// Begins to run a request in a task of its own, which a client that goes away cancels.
    private func started(
        _ incoming: IncomingInference, _ deadline: ContinuousClock.Instant?
    ) throws(ServingError) -> (Task<InferenceResponse, any Error>, OutgoingForm) {
        var (request, form) = try incoming.result.get()
        request.deadline = deadline
        let server = edge.server
        let work = Task { [request] in try await server.infer(request) }
        return (work, form)
    }

    /// Answers a stream of requests in their order, several of which run at one time.
    private func streamInfer(
        _ request: StreamingServerRequest<IncomingInference>
    ) -> StreamingServerResponse<OutgoingInference> {
        let deadline = InferenceMethods.deadline(request.metadata)
        let endsOnError = request.metadata[stringValues: "triton_grpc_error"].contains { $0 == "true" }
        return StreamingServerResponse { writer in
            let (order, entries) = AsyncStream<StreamEntry>.makeStream()
            let turnstile = Turnstile(edge.limits.requestsPerStream)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { entries.finish() }
                    for try await incoming in request.messages {
                        await turnstile.enter()
                        let started = Result { () throws(ServingError) in try self.started(incoming, deadline) }
                        entries.yield(StreamEntry(id: incoming.id, started: started))
                    }
                }
                for await entry in order {
                    turnstile.leave()
                    switch await entry.answer() {
                    case .success(let answer): try await writer.write(answer)
                    case .failure(let error):
                        if endsOnError { throw error.rpcError }
                        try await writer.write(OutgoingInference(failure: error, id: entry.id))
                    }
                }
                try await group.waitForAll()
            }
            return [:]
        }
    }

    /// When the client stops waiting, as its call says.
    private static func deadline(_ metadata: Metadata) -> ContinuousClock.Instant? {
        guard let text = metadata[stringValues: "grpc-timeout"].first(where: { _ in true }) else { return nil }
        return CallHead.timeout(text).map { ContinuousClock.now + $0 }
    }
}
