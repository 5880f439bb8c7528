// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `POST /v2[/models/{model}]/trace/setting`: changes how requests are traced.
struct SetTraceSettings: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let model = path.model.isEmpty ? nil : path.model
        if let model { _ = try await edge.server.modelMetadata(model, version: "") }
        let body = try await SmallBody(of: request)
        let changes = try body.read([]) { reader throws(JSONError) in try SetTraceSettings.changes(&reader) }
        try edge.state.traces.change(model, changes)
        return .json { $0.traceSettings(edge.state.traces.values(model)) }
    }

    private static func changes(
        _ reader: inout JSONReader
    ) throws(JSONError) -> [(name: String, value: [String])] {
        var changes: [(name: String, value: [String])] = []
        var isFirst = true
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            if try reader.kind() == .null {
                try reader.null()
                changes.append((key, []))
            } else if key == "trace_level" {
                var values: [String] = []
                var isFirstValue = true
                try reader.beginArray()
                while try reader.nextElement(&isFirstValue) { values.append(try reader.string()) }
                changes.append((key, values))
            } else {
                changes.append((key, [try reader.string()]))
            }
        }
        try reader.end()
        return changes
    }
}
