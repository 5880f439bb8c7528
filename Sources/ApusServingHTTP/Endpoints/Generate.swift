// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors
import Hummingbird

/// `POST /v2/models/{model}[/versions/{version}]/generate`: inference with plain values for tensors.
struct Generate: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let body = try await GenerateBody(of: request, path, on: edge)
        let response = try await edge.server.infer(body.request)
        return try .json { try $0.generated(response) }
    }
}

extension JSONWriter {
    /// Writes an answer as an object of its outputs and parameters; a single element stands alone.
    mutating func generated(_ response: InferenceResponse) throws {
        raw("{")
        key("model_name", isFirst: true)
        string(response.model)
        key("model_version")
        string(response.version)
        if !response.id.isEmpty {
            key("id")
            string(response.id)
        }
        for output in response.outputs {
            raw(",")
            string(output.name)
            raw(":")
            try elements(output.tensor, isBare: output.tensor.elementCount == 1)
        }
        for (name, value) in response.parameters.sorted(by: { $0.key < $1.key }) {
            raw(",")
            string(name)
            raw(":")
            parameter(value)
        }
        raw("}")
    }
}
