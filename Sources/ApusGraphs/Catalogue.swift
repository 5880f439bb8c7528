// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Operator types by domain and name.
public struct Catalogue: Sendable {
    private var types: [String: [String: any Operator.Type]] = [:]

    /// Makes a catalogue; a later type replaces an earlier one of the same name.
    public init(_ operators: [any Operator.Type]) { add(operators) }

    /// Adds operators, replacing ones of the same domain and name.
    public mutating func add(_ operators: [any Operator.Type]) {
        for type in operators { types[type.schema.domain, default: [:]][type.schema.name] = type }
    }

    /// The operator type of a name, or nil.
    ///
    /// The domain `ai.onnx` is the empty one.
    public func find(_ name: String, domain: String) -> (any Operator.Type)? {
        types[domain == "ai.onnx" ? "" : domain]?[name]
    }

    /// The operator names of a domain, sorted.
    public func names(domain: String) -> [String] { (types[domain] ?? [:]).keys.sorted() }

    /// Every schema, sorted by domain and name.
    public var schemas: [Schema] {
        types.values.flatMap(\.values).map { $0.schema }.sorted { ($0.domain, $0.name) < ($1.domain, $1.name) }
    }
}
