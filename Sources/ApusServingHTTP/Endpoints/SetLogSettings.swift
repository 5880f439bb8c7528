// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2/logging`: changes what is logged.
struct SetLogSettings: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await SmallBody(of: request)
        let changes = try body.read([]) { reader throws(JSONError) in try SetLogSettings.changes(&reader) }
        try edge.state.logs.change(changes)
        return .json { $0.logSettings(edge.state.logs.values) }
    }

    private static func changes(
        _ reader: inout JSONReader
    ) throws(JSONError) -> [(name: String, value: LogSettings.Value)] {
        var changes: [(name: String, value: LogSettings.Value)] = []
        var isFirst = true
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            switch try reader.kind() {
            case .bool: changes.append((key, .bool(try reader.bool())))
            case .number: changes.append((key, .count(try reader.integer(UInt32.self))))
            default: changes.append((key, .string(try reader.string())))
            }
        }
        try reader.end()
        return changes
    }
}
