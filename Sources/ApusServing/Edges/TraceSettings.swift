// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How requests are traced, for all models and for single ones.
package final class TraceSettings: Sendable {
    /// The settings by their names in the protocol; each value is the list of its texts.
    private let overrides = Mutex<[String: [String: [String]]]>([:])

    private static let defaults: [(name: String, value: [String])] = [
        ("trace_level", ["OFF"]), ("trace_rate", ["1000"]), ("trace_count", ["-1"]), ("log_frequency", ["0"]),
        ("trace_file", [""]), ("trace_mode", ["triton"]),
    ]

    /// The most models that may have settings of their own.
    private static let mostModels = 1024

    /// Makes the settings of a server that traces nothing.
    package init() {}

    /// The settings of a model, or of all models for nil, in the order of the protocol.
    package func values(_ model: String?) -> [(name: String, value: [String])] {
        let (all, own) = overrides.withLock { overrides in
            (overrides[""] ?? [:], model.flatMap { overrides[$0] } ?? [:])
        }
        return TraceSettings.defaults.map { ($0.name, own[$0.name] ?? all[$0.name] ?? $0.value) }
    }

    /// Changes settings of a model, or of all models for nil; an empty value brings the default back.
    ///
    /// - Throws: ``ServingError`` with code `unimplemented` for the file, `invalidArgument` for anything else that is
    ///   unknown or has no meaning.
    package func change(_ model: String?, _ changes: [(name: String, value: [String])]) throws(ServingError) {
        for (name, value) in changes where !value.isEmpty {
            try TraceSettings.check(name, value)
        }
        let isFull = overrides.withLock { overrides in
            guard overrides[model ?? ""] != nil || overrides.count < TraceSettings.mostModels else { return true }
            for (name, value) in changes {
                overrides[model ?? "", default: [:]][name] = value.isEmpty ? nil : value
            }
            return false
        }
        if isFull {
            throw ServingError(
                .resourceExhausted, "\(TraceSettings.mostModels) models have trace settings of their own already")
        }
    }

    private static func check(_ name: String, _ value: [String]) throws(ServingError) {
        switch name {
        case "trace_level":
            for level in value where level != "OFF" {
                guard level == "TIMESTAMPS" || level == "TENSORS" else {
                    throw ServingError(
                        .invalidArgument, "trace_level is '\(level)', expected OFF, TIMESTAMPS or TENSORS")
                }
                throw ServingError(
                    .invalidArgument, "trace_level \(level) needs a trace file, and the server was started without one")
            }
        case "trace_rate", "log_frequency":
            guard value.count == 1, UInt32(value[0]) != nil else {
                throw ServingError(.invalidArgument, "\(name) is '\(value.joined(separator: ","))', expected a count")
            }
        case "trace_count":
            guard value.count == 1, let count = Int32(value[0]), count >= -1 else {
                throw ServingError(
                    .invalidArgument, "trace_count is '\(value.joined(separator: ","))', expected -1 or a count")
            }
        case "trace_file":
            throw ServingError(.unimplemented, "trace file location can not be updated through network protocol")
        case "trace_mode":
            throw ServingError(.unimplemented, "trace mode can not be updated through network protocol")
        default:
            throw ServingError(.invalidArgument, "unknown trace setting '\(name)'")
        }
    }
}
