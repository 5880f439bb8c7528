// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
package import GRPCCore
import SwiftProtobuf

/// `inference.GRPCInferenceService`: every method of the inference protocol but inference itself, which calls run.
package struct InferenceService: RegistrableRPCService {
    private typealias Method = Inference_GRPCInferenceService.Method

    private let edge: GRPCEdge

    /// Makes the service of a server.
    package init(_ edge: GRPCEdge) {
        self.edge = edge
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.add(Method.ServerLive.descriptor, serverLive)
        router.add(Method.ServerReady.descriptor, serverReady)
        router.add(Method.ModelReady.descriptor, modelReady)
        router.add(Method.ServerMetadata.descriptor, serverMetadata)
        router.add(Method.ModelMetadata.descriptor, modelMetadata)

        router.add(Method.ModelConfig.descriptor, modelConfig)
        router.add(Method.ModelStatistics.descriptor, modelStatistics)

        router.add(Method.RepositoryIndex.descriptor, repositoryIndex)
        router.add(Method.RepositoryModelLoad.descriptor, repositoryModelLoad)
        router.add(Method.RepositoryModelUnload.descriptor, repositoryModelUnload)

        SharedMemoryMethods(edge.state.regions).register(with: &router)
        SettingMethods(edge).register(with: &router)
    }

    private func serverLive(_ request: Inference_ServerLiveRequest) async throws -> Inference_ServerLiveResponse {
        .with { $0.live = edge.server.isLive }
    }

    private func serverReady(_ request: Inference_ServerReadyRequest) async throws -> Inference_ServerReadyResponse {
        .with { $0.ready = edge.server.isReady }
    }

    private func modelReady(_ request: Inference_ModelReadyRequest) async throws -> Inference_ModelReadyResponse {
        let isReady = try edge.server.isReady(request.name, version: request.version)
        return .with { $0.ready = isReady }
    }

    private func serverMetadata(
        _ request: Inference_ServerMetadataRequest
    ) async throws -> Inference_ServerMetadataResponse {
        let metadata = edge.server.serverMetadata()
        return .with {
            $0.name = metadata.name
            $0.version = metadata.version
            $0.extensions = metadata.extensions
        }
    }

    private func modelMetadata(
        _ request: Inference_ModelMetadataRequest
    ) async throws -> Inference_ModelMetadataResponse {
        func described(_ port: ModelMetadata.Port) -> Inference_ModelMetadataResponse.TensorMetadata {
            .with {
                $0.name = port.name
                $0.datatype = port.datatype.rawValue
                $0.shape = port.shape
            }
        }
        let metadata = try await edge.server.modelMetadata(request.name, version: request.version)
        return .with {
            $0.name = metadata.name
            $0.versions = metadata.versions
            $0.platform = metadata.platform
            $0.inputs = metadata.inputs.map(described)
            $0.outputs = metadata.outputs.map(described)
        }
    }

    private func modelConfig(_ request: Inference_ModelConfigRequest) async throws -> Inference_ModelConfigResponse {
        let configuration = try await edge.server.modelConfiguration(request.name, version: request.version)
        return .with { $0.config = configuration }
    }

    private func modelStatistics(
        _ request: Inference_ModelStatisticsRequest
    ) async throws -> Inference_ModelStatisticsResponse {
        let all = try edge.server.statistics(
            request.name.isEmpty ? nil : request.name, version: request.version.isEmpty ? nil : request.version)
        return .with { $0.modelStats = all.map { Inference_ModelStatistics($0) } }
    }

    private func repositoryIndex(
        _ request: Inference_RepositoryIndexRequest
    ) async throws -> Inference_RepositoryIndexResponse {
        try refuse(request.repositoryName)
        let entries = edge.server.repositoryIndex(onlyReady: request.ready)
        return .with {
            $0.models = entries.map { entry in
                .with {
                    $0.name = entry.name
                    $0.version = entry.version
                    $0.state = entry.state
                    $0.reason = entry.reason
                }
            }
        }
    }

    private func repositoryModelLoad(
        _ request: Inference_RepositoryModelLoadRequest
    ) async throws -> Inference_RepositoryModelLoadResponse {
        try refuse(request.repositoryName)
        var parameters: [String: ParameterValue] = [:]
        var files: [String: [UInt8]] = [:]
        for (name, parameter) in request.parameters {
            switch parameter.parameterChoice {
            case .bytesParam(let bytes) where name.hasPrefix("file:"):
                files[String(name.dropFirst(5))] = Array(bytes)
            case .stringParam(let text): parameters[name] = .string(text)
            case .int64Param(let value): parameters[name] = .integer(value)
            case .boolParam(let value): parameters[name] = .bool(value)
            default:
                throw ServingError(.invalidArgument, "parameter '\(name)' has no value or one of the wrong type")
            }
        }
        try await edge.server.load(request.modelName, parameters: parameters, files: files)
        return Inference_RepositoryModelLoadResponse()
    }

    private func repositoryModelUnload(
        _ request: Inference_RepositoryModelUnloadRequest
    ) async throws -> Inference_RepositoryModelUnloadResponse {
        try refuse(request.repositoryName)
        let withDependents = request.parameters["unload_dependents"]?.boolParam ?? false
        try await edge.server.unload(request.modelName, withDependents: withDependents)
        return Inference_RepositoryModelUnloadResponse()
    }

    private func refuse(_ repository: String) throws(ServingError) {
        guard repository.isEmpty else {
            throw ServingError(
                .unimplemented, "'repository_name' specification is not supported, '\(repository)' was named")
        }
    }
}
