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

    private static func request(
        _ model: String, _ datatype: String, _ shape: [Int64], id: String = "", _ raw: [UInt8]? = nil
    ) throws -> Inference_ModelInferRequest {
        var request = Inference_ModelInferRequest()
        request.modelName = model
        request.id = id
        request.inputs = [
            .with {
                $0.name = "x"
                $0.datatype = datatype
                $0.shape = shape
            }
        ]
        guard let raw else { return request }
        // Field 7 from its bytes, as this target knows no type for them.
        let field = [7 << 3 | 2, UInt8(raw.count)] + raw
        return try Inference_ModelInferRequest(serializedBytes: request.serializedBytes() + field)
    }

    private static func infer(_ request: Inference_ModelInferRequest) async throws -> Inference_ModelInferResponse {
        try await EchoServer().withClient { client in
            try await ask(client, Method.ModelInfer.descriptor, request)
        }
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

    @Test("Raw bytes go in and out, one entry for each output")
    func raw() async throws {
        let response = try await Self.infer(
            Self.request("floats", "FP32", [1, 2], id: "7", [0, 0, 128, 63, 0, 0, 0, 64]))
        #expect(response.modelName == "floats" && response.modelVersion == "1" && response.id == "7")
        #expect(response.outputs.map(\.name) == ["y"] && response.outputs.map(\.datatype) == ["FP32"])
        #expect(response.outputs.map(\.shape) == [[1, 2]])
        #expect(response.rawOutputContents.map { Array($0) } == [[0, 0, 128, 63, 0, 0, 0, 64]])
    }

    @Test("Typed contents are read, packed or not")
    func typed() async throws {
        var request = try Self.request("floats", "FP32", [1, 2])
        request.inputs[0].contents.fp32Contents = [1, 2]
        let response = try await Self.infer(request)
        #expect(response.rawOutputContents.map { Array($0) } == [[0, 0, 128, 63, 0, 0, 0, 64]])
        var bytes = try Self.request("bytes", "UINT8", [1, 3])
        bytes.inputs[0].contents.uintContents = [1, 255, 300]
        // The low bytes are kept, as the protocol has it.
        #expect(try await Self.infer(bytes).rawOutputContents.map { Array($0) } == [[1, 255, 44]])
    }

    @Test(
        "Calls that are wrong end with a code and a message that names what is",
        arguments: [
            ("nobody", "FP32", [1, 2], 8, RPCError.Code.notFound, "'nobody' is not found"),
            ("floats", "FP31", [1, 2], 8, .invalidArgument, "datatype 'FP31' of input 'x' is unknown"),
            ("floats", "FP32", [1, -2], 8, .invalidArgument, "size of -2"),
            ("floats", "FP32", [1, 2], 7, .invalidArgument, "Expected 8, got 7"),
            ("floats", "INT32", [1, 2], 8, .invalidArgument, "data-type is 'INT32'"),
            ("floats", "FP32", [1 << 62, 1 << 62], 8, .invalidArgument, "overflow"),
            ("text", "BYTES", [1, 1], 3, .invalidArgument, "input 'x'"),
        ] as [(String, String, [Int64], Int, RPCError.Code, String)])
    func refused(
        model: String, datatype: String, shape: [Int64], byteCount: Int, code: RPCError.Code, text: String
    ) async throws {
        let request = try Self.request(model, datatype, shape, [UInt8](repeating: 0, count: byteCount))
        let error = await #expect(throws: RPCError.self) { _ = try await Self.infer(request) }
        #expect(error?.code == code)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }

    @Test("Raw bytes beside typed contents are refused")
    func mixed() async throws {
        var request = try Self.request("floats", "FP32", [1, 2], [UInt8](repeating: 0, count: 8))
        request.inputs[0].contents.fp32Contents = [1, 2]
        let error = await #expect(throws: RPCError.self) { _ = try await Self.infer(request) }
        #expect(error?.code == .invalidArgument)
    }

    @Test("Parameters of every type are taken, reserved names are not")
    func parameters() async throws {
        var request = try Self.request("bytes", "UINT8", [1, 1], [5])
        request.parameters["priority"] = .with { $0.uint64Param = 1 }
        request.parameters["timeout"] = .with { $0.int64Param = 1_000_000 }
        request.parameters["triton_enable_empty_final_response"] = .with { $0.boolParam = true }
        request.parameters["custom"] = .with { $0.doubleParam = 0.5 }
        #expect(try await Self.infer(request).rawOutputContents.map { Array($0) } == [[5]])
        request.parameters["triton_other"] = .with { $0.boolParam = true }
        let error = await #expect(throws: RPCError.self) { _ = try await Self.infer(request) }
        #expect(error?.message.contains("reserved") == true)
    }

    @Test("A stream is answered in its order, with errors as messages in between")
    func stream() async throws {
        let requests = try (0..<40).map { number in
            try Self.request(number == 10 ? "nobody" : "bytes", "UINT8", [1, 1], id: "\(number)", [UInt8(number)])
        }
        let responses = try await EchoServer().withClient { client in
            try await client.bidirectionalStreaming(
                request: StreamingClientRequest { writer in
                    for request in requests { try await writer.write(request) }
                },
                descriptor: Method.ModelStreamInfer.descriptor,
                serializer: ProtobufSerializer<Inference_ModelInferRequest>(),
                deserializer: ProtobufDeserializer<Inference_ModelStreamInferResponse>(), options: .defaults
            ) { response in
                var all: [Inference_ModelStreamInferResponse] = []
                for try await message in response.messages { all.append(message) }
                return all
            }
        }
        #expect(responses.map(\.inferResponse.id) == (0..<40).map { "\($0)" })
        for (number, response) in responses.enumerated() {
            #expect(response.errorMessage.isEmpty == (number != 10))
            guard number != 10 else { continue }
            #expect(response.inferResponse.parameters["triton_final_response"]?.boolParam == true)
            #expect(response.inferResponse.rawOutputContents.map { Array($0) } == [[UInt8(number)]])
        }
    }

    @Test("While the server shuts down calls are refused as unavailable, with a time to wait")
    func shutdown() async throws {
        let echo = try EchoServer()
        echo.server.beginShutdown()
        let request = try Self.request("bytes", "UINT8", [1, 1], [5])
        let error = await #expect(throws: RPCError.self) {
            _ = try await echo.withClient { client -> Inference_ModelInferResponse in
                try await Self.ask(client, Method.ModelInfer.descriptor, request)
            }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.metadata[stringValues: "grpc-retry-pushback-ms"].contains("1000") == true)
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
