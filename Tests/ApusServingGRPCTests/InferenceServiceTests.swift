// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import ApusServingGRPC
import GRPCCore
import GRPCInProcessTransport
import GRPCProtobuf
import SwiftProtobuf
import Testing

@Suite struct InferenceServiceTests {
    private typealias Client = GRPCClient<InProcessTransport.Client>
    private typealias Method = Inference_GRPCInferenceService.Method

    private static func ask<Input: Message, Output: Message>(
        _ client: Client, _ method: MethodDescriptor, _ message: Input, _ type: Output.Type = Output.self
    ) async throws -> Output {
        try await client.unary(
            request: ClientRequest(message: message), descriptor: method, serializer: ProtobufSerializer<Input>(),
            deserializer: ProtobufDeserializer<Output>(), options: .defaults
        ) { try $0.message }
    }

    @Test("Health, metadata and settings answer")
    func answers() async throws {
        try await EchoServer().withClient { client in
            let live = try await Self.ask(
                client, Method.ServerLive.descriptor, Inference_ServerLiveRequest(), Inference_ServerLiveResponse.self)
            #expect(live.live)
            let ready = try await Self.ask(
                client, Method.ModelReady.descriptor, Inference_ModelReadyRequest.with { $0.name = "nobody" },
                Inference_ModelReadyResponse.self)
            #expect(!ready.ready)
            let metadata = try await Self.ask(
                client, Method.ModelMetadata.descriptor, Inference_ModelMetadataRequest.with { $0.name = "floats" },
                Inference_ModelMetadataResponse.self)
            #expect(metadata.inputs.map(\.name) == ["x"] && metadata.inputs.map(\.shape) == [[-1, -1]])
            let logs = try await Self.ask(
                client, Method.LogSettings.descriptor, Inference_LogSettingsRequest(),
                Inference_LogSettingsResponse.self)
            #expect(logs.settings["log_info"]?.boolParam == true)
            let regions = try await Self.ask(
                client, Method.CudaSharedMemoryUnregister.descriptor, Inference_CudaSharedMemoryUnregisterRequest(),
                Inference_CudaSharedMemoryUnregisterResponse.self)
            #expect(regions == Inference_CudaSharedMemoryUnregisterResponse())
        }
    }

    @Test("A watch tells readiness at once and again when it changes")
    func watch() async throws {
        let echo = try EchoServer()
        let seen = try await echo.withClient { client in
            try await client.serverStreaming(
                request: ClientRequest(message: Grpc_Health_V1_HealthCheckRequest()),
                descriptor: Grpc_Health_V1_Health.Method.Watch.descriptor,
                serializer: ProtobufSerializer<Grpc_Health_V1_HealthCheckRequest>(),
                deserializer: ProtobufDeserializer<Grpc_Health_V1_HealthCheckResponse>(), options: .defaults
            ) { response in
                var seen: [Grpc_Health_V1_HealthCheckResponse.ServingStatus] = []
                for try await message in response.messages {
                    seen.append(message.status)
                    echo.server.beginShutdown()
                }
                return seen
            }
        }
        #expect(seen == [.serving, .notServing])
    }

    @Test("Reflection tells the services and the files of a symbol with all they import")
    func reflection() async throws {
        let responses = try await EchoServer().withClient { client in
            try await client.bidirectionalStreaming(
                request: StreamingClientRequest { writer in
                    try await writer.write(.with { $0.listServices = "" })
                    try await writer.write(.with { $0.fileContainingSymbol = "inference.GRPCInferenceService" })
                    try await writer.write(.with { $0.fileContainingSymbol = "nothing" })
                },
                descriptor: Grpc_Reflection_V1_ServerReflection.Method.ServerReflectionInfo.descriptor,
                serializer: ProtobufSerializer<Grpc_Reflection_V1_ServerReflectionRequest>(),
                deserializer: ProtobufDeserializer<Grpc_Reflection_V1_ServerReflectionResponse>(), options: .defaults
            ) { response in
                var all: [Grpc_Reflection_V1_ServerReflectionResponse] = []
                for try await message in response.messages { all.append(message) }
                return all
            }
        }
        #expect(responses[0].listServicesResponse.service.map(\.name).contains("grpc.health.v1.Health"))
        #expect(responses[1].fileDescriptorResponse.fileDescriptorProto.count == 2)
        #expect(responses[2].errorResponse.errorCode == 5)
    }
}
