// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusFormats

/// A run as trace events, which Perfetto and chrome://tracing open.
enum ChromeTrace {
    /// Writes one event for each step and one for the run.
    static func write(_ profile: Profile, to path: String) throws {
        var events = [event("run", "run", .zero, profile.total, arguments: .object([:]))]
        for entry in profile.entries {
            let place = entry.place
            events.append(
                event(
                    place.operatorName, "operator", entry.start, entry.duration,
                    arguments: .object([
                        "node": .string(place.node), "domain": .string(place.domain), "opset": JSONValue(place.opset),
                        "output": .string(place.output),
                    ])))
        }
        let document = JSONValue.object(["displayTimeUnit": "ms", "traceEvents": .array(events)])
        try FileBytes.write(Array(document.text().utf8), to: path)
    }

    private static func event(
        _ name: String, _ category: String, _ start: Duration, _ length: Duration, arguments: JSONValue
    ) -> JSONValue {
        .object([
            "name": .string(name), "cat": .string(category), "ph": "X", "pid": 1, "tid": 1,
            "ts": .number(Numbers.milliseconds(start) * 1000), "dur": .number(Numbers.milliseconds(length) * 1000),
            "args": arguments,
        ])
    }
}
