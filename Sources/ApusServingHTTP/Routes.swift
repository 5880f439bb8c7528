// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import HTTPTypes
import Hummingbird

/// Every route of the inference protocol over HTTP.
package enum Routes {
    private static let all: [Route] = [
        Route(.get, "v2", GetServerMetadata()),
        Route(.get, "v2/health/live", GetLive()),
        Route(.get, "v2/health/ready", GetReady()),

        Route(.get, "v2/models/stats", GetStatistics()),
        Route(.get, "v2/models/{model}", versioned: "", GetModelMetadata()),
        Route(.get, "v2/models/{model}", versioned: "/ready", GetModelReady()),
        Route(.get, "v2/models/{model}", versioned: "/config", GetModelConfiguration()),
        Route(.get, "v2/models/{model}", versioned: "/stats", GetStatistics()),
        Route(.post, "v2/models/{model}", versioned: "/infer", Infer()),
        Route(.post, "v2/models/{model}", versioned: "/generate", Generate()),
        Route(.post, "v2/models/{model}", versioned: "/generate_stream", GenerateStream()),

        Route(.get, "v2/trace/setting", GetTraceSettings()),
        Route(.post, "v2/trace/setting", SetTraceSettings()),
        Route(.get, "v2/models/{model}/trace/setting", GetTraceSettings()),
        Route(.post, "v2/models/{model}/trace/setting", SetTraceSettings()),
        Route(.get, "v2/logging", GetLogSettings()),
        Route(.post, "v2/logging", SetLogSettings()),

        Route(.post, "v2/repository/index", GetRepositoryIndex()),
        Route(.post, "v2/repository/models/{model}/load", LoadModel()),
        Route(.post, "v2/repository/models/{model}/unload", UnloadModel()),
        Route(.post, "v2/repository/{repository}/index", GetRepositoryIndex()),
        Route(.post, "v2/repository/{repository}/models/{model}/load", RefuseRepository()),
        Route(.post, "v2/repository/{repository}/models/{model}/unload", RefuseRepository()),

        Route(.get, "v2/systemsharedmemory/status", GetSharedMemory()),
        Route(.get, "v2/systemsharedmemory/region/{region}/status", GetSharedMemory()),
        Route(.post, "v2/systemsharedmemory/region/{region}/register", RegisterSharedMemory()),
        Route(.post, "v2/systemsharedmemory/unregister", UnregisterSharedMemory()),
        Route(.post, "v2/systemsharedmemory/region/{region}/unregister", UnregisterSharedMemory()),
        Route(.get, "v2/cudasharedmemory/status", GetDeviceMemory()),
        Route(.get, "v2/cudasharedmemory/region/{region}/status", GetDeviceMemory()),
        Route(.post, "v2/cudasharedmemory/region/{region}/register", RegisterDeviceMemory()),
        Route(.post, "v2/cudasharedmemory/unregister", UnregisterDeviceMemory()),
        Route(.post, "v2/cudasharedmemory/region/{region}/unregister", UnregisterDeviceMemory()),
    ]

    /// What answers every request to the inference port.
    package static func responder(_ edge: HTTPEdge) -> EdgeResponder { EdgeResponder(all, edge) }

    /// What answers every request to the metrics port.
    package static func metricsResponder(_ edge: HTTPEdge) -> EdgeResponder {
        EdgeResponder([Route(.get, "metrics", GetMetrics())], edge)
    }
}

/// A method, the paths it is answered at, and what answers.
struct Route: Sendable {
    let method: HTTPRequest.Method
    let paths: [String]
    let endpoint: any Endpoint

    init(_ method: HTTPRequest.Method, _ path: String, _ endpoint: any Endpoint) {
        self.method = method
        paths = [path]
        self.endpoint = endpoint
    }

    /// A route of a model that may also name a version.
    init(_ method: HTTPRequest.Method, _ model: String, versioned rest: String, _ endpoint: any Endpoint) {
        self.method = method
        paths = [model + rest, model + "/versions/{version}" + rest]
        self.endpoint = endpoint
    }
}
