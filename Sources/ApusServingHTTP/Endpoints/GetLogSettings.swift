// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2/logging`: what is logged.
struct GetLogSettings: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        .json { $0.logSettings(edge.state.logs.values) }
    }
}

extension JSONWriter {
    mutating func logSettings(_ values: LogSettings.Values) {
        raw("{\"log_file\":\"\",\"log_info\":")
        bool(values.info)
        key("log_warning")
        bool(values.warning)
        key("log_error")
        bool(values.error)
        key("log_verbose_level")
        integer(values.verboseLevel)
        key("log_format")
        string(values.format)
        raw("}")
    }
}
