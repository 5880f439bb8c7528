// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

extension RPCRouter {
    /// Registers a method of one request and one answer.
    mutating func add<Input: Message, Output: Message>(
        _ method: MethodDescriptor, _ handler: @escaping @Sendable (Input) async throws -> Output
    ) {
        registerHandler(
            forMethod: method, deserializer: ProtobufDeserializer<Input>(), serializer: ProtobufSerializer<Output>()
        ) { request, _ in
            let request = try await ServerRequest(stream: request)
            do {
                return StreamingServerResponse(single: ServerResponse(message: try await handler(request.message)))
            } catch let error as ServingError {
                throw error.rpcError
            }
        }
    }
}

extension RPCRouter {
    /// Registers a method of any number of requests and answers.
    mutating func addStream<Input: Message, Output: Message>(
        _ method: MethodDescriptor,
        _ handler: @escaping @Sendable (RPCAsyncSequence<Input, any Error>, RPCWriter<Output>) async throws -> Void
    ) {
        registerHandler(
            forMethod: method, deserializer: ProtobufDeserializer<Input>(), serializer: ProtobufSerializer<Output>()
        ) { request, _ in
            StreamingServerResponse { writer in
                try await handler(request.messages, writer)
                return [:]
            }
        }
    }
}
