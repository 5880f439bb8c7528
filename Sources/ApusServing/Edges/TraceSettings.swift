// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How requests are traced, for all models and for single ones.
package final class TraceSettings: Sendable {
    /// What decides whether a request is traced, and when its trace is written.
    struct Rule: Sendable {
        /// The model whose own settings these are; empty for those of all models.
        var scope: String
        /// Counts the changes of these settings.
        var change: UInt64
        var isOn: Bool
        /// One in so many requests is traced.
        var rate: UInt64
        /// So many are traced and no more; negative: any number.
        var count: Int64
        /// So many are written into a file of their own; 0: all into one.
        var frequency: Int
    }

    private struct State {
        /// The settings by their names in the protocol, of each model and of all (""); a value is a list of texts.
        var own: [String: [String: [String]]] = [:]
        var changes: UInt64 = 0
        /// The rules that follow from them, made when one is first asked for.
        var rules: [String: Rule] = [:]
    }

    private let state = Mutex(State())
    private let tracing = Atomic<Bool>(false)
    /// The file of the traces; nil: there are none.
    package let file: String?
    private let defaults: [(name: String, value: [String])]

    /// The most models that may have settings of their own.
    private static let mostModels = 1024

    /// Makes the settings of a server that traces nothing until it is told to.
    package init(file: String? = nil) {
        self.file = file
        defaults = [
            ("trace_level", ["OFF"]), ("trace_rate", ["1000"]), ("trace_count", ["-1"]), ("log_frequency", ["0"]),
            ("trace_file", [file ?? ""]), ("trace_mode", ["triton"]),
        ]
    }

    /// Whether any request may be traced.
    var isTracing: Bool { tracing.load(ordering: .relaxed) }

    /// The settings of a model, or of all models for nil, in the order of the protocol.
    package func values(_ model: String?) -> [(name: String, value: [String])] {
        state.withLock { values(model ?? "", $0) }
    }

    private func values(_ model: String, _ state: State) -> [(name: String, value: [String])] {
        let all = state.own[""] ?? [:]
        let own = state.own[model] ?? [:]
        return defaults.map { ($0.name, own[$0.name] ?? all[$0.name] ?? $0.value) }
    }

    /// What decides about the requests of a model.
    func rule(_ model: String) -> Rule {
        state.withLock { state in
            let scope = state.own[model] == nil ? "" : model
            if let rule = state.rules[scope] { return rule }
            let values = Dictionary(uniqueKeysWithValues: values(scope, state).map { ($0.name, $0.value) })
            let first = { (name: String) in values[name]?.first ?? "" }
            let rule = Rule(
                scope: scope, change: state.changes,
                isOn: file != nil && values["trace_level"]?.contains("TIMESTAMPS") == true,
                rate: UInt64(first("trace_rate")) ?? 1000, count: Int64(first("trace_count")) ?? -1,
                frequency: Int(first("log_frequency")) ?? 0)
            state.rules[scope] = rule
            return rule
        }
    }

    /// Changes settings of a model, or of all models for nil; an empty value brings the default back.
    ///
    /// - Throws: ``ServingError`` with code `unimplemented` for the file, `invalidArgument` for anything else that is
    ///   unknown or has no meaning.
    package func change(_ model: String?, _ changes: [(name: String, value: [String])]) throws(ServingError) {
        for (name, value) in changes where !value.isEmpty {
            try check(name, value)
        }
        guard !changes.isEmpty else { return }
        let isFull = state.withLock { state in
            guard state.own[model ?? ""] != nil || state.own.count < TraceSettings.mostModels else { return true }
            for (name, value) in changes {
                state.own[model ?? "", default: [:]][name] = value.isEmpty ? nil : value
            }
            if let model, state.own[model]?.isEmpty == true { state.own[model] = nil }
            state.changes += 1
            state.rules = [:]
            let isTracing = state.own.values.contains { $0["trace_level"]?.contains("TIMESTAMPS") == true }
            tracing.store(isTracing, ordering: .relaxed)
            return false
        }
        if isFull {
            throw ServingError(
                .resourceExhausted, "\(TraceSettings.mostModels) models have trace settings of their own already")
        }
    }

    private func check(_ name: String, _ value: [String]) throws(ServingError) {
        switch name {
        case "trace_level":
            for level in value where level != "OFF" {
                guard level == "TIMESTAMPS" || level == "TENSORS" else {
                    throw ServingError(
                        .invalidArgument, "trace_level is '\(level)', expected OFF or TIMESTAMPS")
                }
                guard level == "TIMESTAMPS" else {
                    throw ServingError(.unimplemented, "trace_level TENSORS is not supported, expected TIMESTAMPS")
                }
                guard file != nil else {
                    throw ServingError(
                        .invalidArgument,
                        "Attempting to set invalid trace setting :trace file name is not given: start the server with "
                            + "--trace-config triton,file=PATH")
                }
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
