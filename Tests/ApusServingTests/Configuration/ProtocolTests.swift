// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import SwiftProtobuf
import Testing

@Suite struct ProtocolTests {
    private func file(_ name: String) throws -> Google_Protobuf_FileDescriptorProto {
        let bytes = try #require(FileDescriptors.all.first { $0.name == name }?.bytes)
        return try Google_Protobuf_FileDescriptorProto(serializedBytes: bytes)
    }

    @Test("Descriptors are what their names, imports and symbols say")
    func descriptors() throws {
        #expect(FileDescriptors.all.count == 5)
        for descriptor in FileDescriptors.all {
            let file = try Google_Protobuf_FileDescriptorProto(serializedBytes: descriptor.bytes)
            #expect(file.name == descriptor.name)
            #expect(file.dependency == descriptor.imports)
            #expect(file.service.map { "\(file.package).\($0.name)" } == descriptor.services)
            for message in file.messageType { #expect(descriptor.symbols.contains("\(file.package).\(message.name)")) }
        }
    }

    @Test("The service has the methods of Triton's, and two of them stream")
    func methods() throws {
        let service = try #require(try file("grpc_service.proto").service.first)
        #expect(service.name == "GRPCInferenceService")
        #expect(
            Set(service.method.map(\.name)) == [
                "ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer",
                "ModelStreamInfer", "ModelConfig", "ModelStatistics", "RepositoryIndex", "RepositoryModelLoad",
                "RepositoryModelUnload", "SystemSharedMemoryStatus", "SystemSharedMemoryRegister",
                "SystemSharedMemoryUnregister", "CudaSharedMemoryStatus", "CudaSharedMemoryRegister",
                "CudaSharedMemoryUnregister", "TraceSetting", "LogSettings",
            ])
        #expect(service.method.filter { $0.clientStreaming && $0.serverStreaming }.map(\.name) == ["ModelStreamInfer"])
    }

    @Test("Requests and answers have the numbers that clients send")
    func numbers() throws {
        let messages = try file("grpc_service.proto").messageType + file("model_config.proto").messageType
        func numbers(_ name: String) -> [String: Int32] {
            let fields = messages.first { $0.name == name }?.field ?? []
            return Dictionary(fields.map { ($0.name, $0.number) }) { first, _ in first }
        }
        #expect(
            numbers("ModelInferRequest") == [
                "model_name": 1, "model_version": 2, "id": 3, "parameters": 4, "inputs": 5, "outputs": 6,
                "raw_input_contents": 7,
            ])
        #expect(
            numbers("ModelInferResponse") == [
                "model_name": 1, "model_version": 2, "id": 3, "parameters": 4, "outputs": 5, "raw_output_contents": 6,
            ])
        #expect(
            numbers("InferParameter") == [
                "bool_param": 1, "int64_param": 2, "string_param": 3, "double_param": 4, "uint64_param": 5,
            ])
        #expect(
            numbers("ModelConfig") == [
                "name": 1, "platform": 2, "version_policy": 3, "max_batch_size": 4, "input": 5, "output": 6,
                "instance_group": 7, "default_model_filename": 8, "cc_model_filenames": 9, "metric_tags": 10,
                "dynamic_batching": 11, "optimization": 12, "sequence_batching": 13, "parameters": 14,
                "ensemble_scheduling": 15, "model_warmup": 16, "backend": 17, "model_operations": 18,
                "model_transaction_policy": 19, "batch_input": 20, "batch_output": 21, "model_repository_agents": 23,
                "response_cache": 24, "runtime": 25, "model_metrics": 26,
            ])
    }
}
