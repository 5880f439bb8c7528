// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2/systemsharedmemory/region/{region}/register`: gives a part of a shared-memory object a name.
struct RegisterSharedMemory: Endpoint {
    private struct Region: Sendable {
        var key: String?
        var offset: UInt64 = 0
        var byteCount: UInt64?
    }

    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await SmallBody(of: request)
        let region = try body.read(Region()) { reader throws(JSONError) in
            var region = Region()
            var isFirst = true
            try reader.beginObject()
            while let key = try reader.nextKey(&isFirst) {
                switch key {
                case "key": region.key = try reader.string()
                case "offset": region.offset = try reader.integer(UInt64.self)
                case "byte_size": region.byteCount = try reader.integer(UInt64.self)
                default: try reader.skip()
                }
            }
            try reader.end()
            return region
        }
        guard let key = region.key else {
            throw ServingError(.invalidArgument, "shared memory region '\(path["region"])' has no 'key'")
        }
        guard let byteCount = region.byteCount else {
            throw ServingError(.invalidArgument, "shared memory region '\(path["region"])' has no 'byte_size'")
        }
        try edge.state.regions.register(
            name: path["region"], key: key, offset: region.offset, byteCount: byteCount)
        return .done
    }
}
