// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What is known of one request, as elements of a trace file.
enum TraceRecord {
    /// Two objects: what the request was, and when it came to each of its stages.
    static func text(
        _ id: UInt64, _ request: InferenceRequest, _ result: Result<InferenceResponse, ServingError>, start: Int64,
        end: Int64
    ) -> String {
        var version = request.version
        var stamps = [("REQUEST_START", start)]
        if case .success(let response) = result {
            version = response.version
            let times = response.times
            // Stages follow one another; the time they do not cover lies before the queue.
            var now = max(start, end &- Int64(clamping: times.total))
            stamps.append(("QUEUE_START", now))
            for (name, time) in [
                ("COMPUTE_START", times.queue &+ times.batch), ("COMPUTE_INPUT_END", times.copyIn),
                ("COMPUTE_OUTPUT_START", times.compute), ("COMPUTE_END", times.copyOut),
            ] {
                now = min(end, now &+ Int64(clamping: time))
                stamps.append((name, now))
            }
            stamps.append(("INFER_RESPONSE_COMPLETE", end))
        }
        stamps.append(("REQUEST_END", end))
        let list = stamps.map { "{\"name\":\"\($0.0)\",\"ns\":\($0.1)}" }.joined(separator: ",")
        return "{\"id\":\(id),\"model_name\":\(quoted(request.model)),\"model_version\":\(Int64(version) ?? -1),"
            + "\"request_id\":\(quoted(request.id))},{\"id\":\(id),\"timestamps\":[\(list)]}"
    }

    /// Text as JSON writes it.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
