// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2/models/{model}[/versions/{version}]`: what a model says of itself.
struct GetModelMetadata: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let metadata = try await edge.server.modelMetadata(path.model, version: path.version)
        return .json {
            $0.raw("{")
            $0.key("name", isFirst: true)
            $0.string(metadata.name)
            $0.key("versions")
            $0.strings(metadata.versions)
            $0.key("platform")
            $0.string(metadata.platform)
            $0.key("inputs")
            GetModelMetadata.write(metadata.inputs, &$0)
            $0.key("outputs")
            GetModelMetadata.write(metadata.outputs, &$0)
            $0.raw("}")
        }
    }

    private static func write(_ ports: [ModelMetadata.Port], _ writer: inout JSONWriter) {
        writer.raw("[")
        for (index, port) in ports.enumerated() {
            writer.raw(index > 0 ? ",{" : "{")
            writer.key("name", isFirst: true)
            writer.string(port.name)
            writer.key("datatype")
            writer.string(port.datatype.rawValue)
            writer.key("shape")
            writer.integers(port.shape)
            writer.raw("}")
        }
        writer.raw("]")
    }
}
