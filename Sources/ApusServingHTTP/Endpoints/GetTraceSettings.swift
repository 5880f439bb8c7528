// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2[/models/{model}]/trace/setting`: how requests are traced.
struct GetTraceSettings: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let model = path.model.isEmpty ? nil : path.model
        if let model { _ = try await edge.server.modelMetadata(model, version: "") }
        return .json { $0.traceSettings(edge.state.traces.values(model)) }
    }
}

extension JSONWriter {
    /// Writes trace settings: texts, but for the level, which is a list.
    mutating func traceSettings(_ settings: [(name: String, value: [String])]) {
        raw("{")
        for (index, setting) in settings.enumerated() {
            if index > 0 { raw(",") }
            string(setting.name)
            raw(":")
            if setting.name == "trace_level" { strings(setting.value) } else { string(setting.value.first ?? "") }
        }
        raw("}")
    }
}
