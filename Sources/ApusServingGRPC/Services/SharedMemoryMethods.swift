// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import GRPCCore
import SwiftProtobuf

/// The methods about memory that clients share with the server.
struct SharedMemoryMethods: Sendable {
    private typealias Method = Inference_GRPCInferenceService.Method

    private let regions: SharedMemoryRegions

    init(_ regions: SharedMemoryRegions) { self.regions = regions }

    func register<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.add(Method.SystemSharedMemoryStatus.descriptor, systemStatus)
        router.add(Method.SystemSharedMemoryRegister.descriptor, systemRegister)
        router.add(Method.SystemSharedMemoryUnregister.descriptor, systemUnregister)
        router.add(Method.CudaSharedMemoryStatus.descriptor, deviceStatus)
        router.add(Method.CudaSharedMemoryRegister.descriptor, deviceRegister)
        router.add(Method.CudaSharedMemoryUnregister.descriptor, deviceUnregister)
    }

    private func systemStatus(
        _ request: Inference_SystemSharedMemoryStatusRequest
    ) async throws -> Inference_SystemSharedMemoryStatusResponse {
        let found = try regions.status(request.name.isEmpty ? nil : request.name)
        var response = Inference_SystemSharedMemoryStatusResponse()
        for region in found {
            response.regions[region.name] = .with {
                $0.name = region.name
                $0.key = region.key
                $0.offset = region.offset
                $0.byteSize = region.byteCount
            }
        }
        return response
    }

    private func systemRegister(
        _ request: Inference_SystemSharedMemoryRegisterRequest
    ) async throws -> Inference_SystemSharedMemoryRegisterResponse {
        try regions.register(
            name: request.name, key: request.key, offset: request.offset, byteCount: request.byteSize)
        return Inference_SystemSharedMemoryRegisterResponse()
    }

    private func systemUnregister(
        _ request: Inference_SystemSharedMemoryUnregisterRequest
    ) async throws -> Inference_SystemSharedMemoryUnregisterResponse {
        regions.unregister(request.name.isEmpty ? nil : request.name)
        return Inference_SystemSharedMemoryUnregisterResponse()
    }

    private func deviceStatus(
        _ request: Inference_CudaSharedMemoryStatusRequest
    ) async throws -> Inference_CudaSharedMemoryStatusResponse {
        guard request.name.isEmpty else {
            throw ServingError(.notFound, "Unable to find cuda shared memory region: '\(request.name)'")
        }
        return Inference_CudaSharedMemoryStatusResponse()
    }

    private func deviceRegister(
        _ request: Inference_CudaSharedMemoryRegisterRequest
    ) async throws -> Inference_CudaSharedMemoryRegisterResponse {
        throw ServingError(
            .invalidArgument,
            "failed to register CUDA shared memory region '\(request.name)': this server computes on CPUs only")
    }

    private func deviceUnregister(
        _ request: Inference_CudaSharedMemoryUnregisterRequest
    ) async throws -> Inference_CudaSharedMemoryUnregisterResponse {
        Inference_CudaSharedMemoryUnregisterResponse()
    }
}
