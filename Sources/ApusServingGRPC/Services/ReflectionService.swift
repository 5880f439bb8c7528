// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
package import GRPCCore
import SwiftProtobuf

/// `grpc.reflection`, both versions, which are the same but for their name: what services there are.
package struct ReflectionService: RegistrableRPCService {
    private typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
    private typealias Response = Grpc_Reflection_V1_ServerReflectionResponse

    /// Makes the service.
    package init() {}

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        for method in [
            Grpc_Reflection_V1_ServerReflection.Method.ServerReflectionInfo.descriptor,
            Grpc_Reflection_V1alpha_ServerReflection.Method.ServerReflectionInfo.descriptor,
        ] {
            router.addStream(method) { (requests: RPCAsyncSequence<Request, any Error>, writer) in
                for try await request in requests { try await writer.write(answer(request)) }
            }
        }
    }

    private func answer(_ request: Request) throws -> Response {
        var response = Response()
        response.validHost = request.host
        response.originalRequest = request
        switch request.messageRequest {
        case .listServices:
            response.listServicesResponse.service = FileDescriptors.all.flatMap(\.services).sorted().map { name in
                .with { $0.name = name }
            }
        case .fileByFilename(let name):
            try files(FileDescriptors.all.first { $0.name == name }, "file '\(name)'", &response)
        case .fileContainingSymbol(let symbol):
            try files(FileDescriptors.all.first { $0.symbols.contains(symbol) }, "symbol '\(symbol)'", &response)
        case .fileContainingExtension(let request):
            try files(nil, "extension \(request.extensionNumber) of '\(request.containingType)'", &response)
        case .allExtensionNumbersOfType(let name):
            if FileDescriptors.all.contains(where: { $0.symbols.contains(name) }) {
                response.allExtensionNumbersResponse.baseTypeName = name
            } else {
                try files(nil, "type '\(name)'", &response)
            }
        case nil:
            response.errorResponse = .with {
                $0.errorCode = Int32(RPCError.Code.invalidArgument.rawValue)
                $0.errorMessage = "the request asks for nothing"
            }
        }
        return response
    }

    /// Answers with a file and all it imports.
    private func files(_ file: FileDescriptor?, _ asked: String, _ response: inout Response) throws {
        guard let file else {
            response.errorResponse = .with {
                $0.errorCode = Int32(RPCError.Code.notFound.rawValue)
                $0.errorMessage = "there is no \(asked)"
            }
            return
        }
        var wanted = [file]
        var index = 0
        while index < wanted.count {
            for name in wanted[index].imports where !wanted.contains(where: { $0.name == name }) {
                if let imported = FileDescriptors.all.first(where: { $0.name == name }) { wanted.append(imported) }
            }
            index += 1
        }
        var wire = WireWriter()
        for file in wanted { wire.message(1, file.bytes) }
        response.fileDescriptorResponse = try Grpc_Reflection_V1_FileDescriptorResponse(serializedBytes: wire.bytes)
    }
}
