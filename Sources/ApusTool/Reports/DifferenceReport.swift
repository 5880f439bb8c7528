// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusFormats
import ApusTensors

/// How far two runs of one model differ, value by value.
struct DifferenceReport {
    /// One value.
    private struct Row {
        var name: String
        var difference: Difference
        var agrees: Bool
    }

    private let rows: [Row]
    private let departure: (name: String, place: NodePlace)?

    /// Compares results with their references by name.
    init(
        _ results: [(name: String, result: Datum, reference: Datum)], rtol: Double, atol: Double,
        producers: [String: (position: Int, place: NodePlace)], outputs: Set<String>
    ) {
        let all = results.map { name, result, reference -> Row in
            let difference = Difference(result, reference)
            return Row(name: name, difference: difference, agrees: difference.isWithin(rtol: rtol, atol: atol))
        }
        rows = all.filter { outputs.contains($0.name) }
        let departing = all.filter { !$0.agrees }.compactMap { row in producers[row.name].map { (row.name, $0) } }
        departure = departing.min { $0.1.position < $1.1.position }.map { ($0.0, $0.1.place) }
    }

    /// Whether every output is within the tolerance.
    var agrees: Bool { rows.allSatisfy(\.agrees) }

    /// A table, and where values first depart.
    var text: String {
        var table = Table(["output", "type", "max abs", "max rel", ""], [.left, .left, .right, .right, .left])
        for row in rows {
            let verdict = row.agrees ? Terminal.styled("agrees", .green) : Terminal.styled("differs", .red)
            table.add([
                row.name, row.difference.type, Numbers.short(row.difference.absolute),
                Numbers.short(row.difference.relative), row.difference.mismatch.map { verdict + ": " + $0 } ?? verdict,
            ])
        }
        guard let departure else { return table.text }
        return table.text + "\nfirst departs: '\(departure.name)', made by \(departure.place)"
    }

    /// The same as an object.
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("agrees", .bool(agrees)),
            .init(
                "outputs",
                .array(
                    rows.map { row in
                        .object([
                            "name": .string(row.name), "type": .string(row.difference.type),
                            "max_abs": .number(row.difference.absolute), "max_rel": .number(row.difference.relative),
                            "agrees": .bool(row.agrees),
                            "mismatch": row.difference.mismatch.map { .string($0) } ?? .null,
                        ])
                    })),
        ]
        if let departure {
            members.append(
                .init(
                    "first_departure",
                    .object([
                        "value": .string(departure.name), "node": .string(departure.place.node),
                        "operator": .string(departure.place.operatorName), "domain": .string(departure.place.domain),
                        "opset": JSONValue(departure.place.opset),
                    ])))
        }
        return .object(members)
    }
}

/// How far a value is from its reference.
struct Difference {
    /// The type, of the result.
    private(set) var type = ""
    /// The largest absolute difference of two elements.
    private(set) var absolute = 0.0
    /// That difference relative to the largest magnitude of the reference.
    private(set) var relative = 0.0
    /// Why the two cannot be compared element by element, or that texts differ.
    private(set) var mismatch: String?
    private var magnitude = 0.0

    /// Compares two values.
    init(_ result: Datum, _ reference: Datum) {
        add(result, reference)
        relative = absolute == 0 ? 0 : absolute / max(magnitude, .leastNormalMagnitude)
    }

    /// Whether the difference is at most `atol + rtol * largest magnitude`.
    func isWithin(rtol: Double, atol: Double) -> Bool { mismatch == nil && absolute <= atol + rtol * magnitude }

    private mutating func add(_ result: Datum, _ reference: Datum) {
        switch (result, reference) {
        case (.tensor(let left), .tensor(let right)): add(left, right)
        case (.sequence(let left), .sequence(let right)):
            type = "sequence"
            guard left.count == right.count else {
                mismatch = "\(left.count) items, expected \(right.count)"
                return
            }
            for (one, other) in zip(left, right) { add(one, other) }
        case (.map(let left), .map(let right)):
            type = "map"
            add(left.keys, right.keys)
            add(left.values, right.values)
        case (.none, .none): type = "none"
        default: mismatch = "another kind of value"
        }
    }

    private mutating func add(_ result: Tensor, _ reference: Tensor) {
        if type.isEmpty { type = result.description }
        guard result.elementType == reference.elementType, result.shape == reference.shape else {
            mismatch = "expected \(reference)"
            return
        }
        if result.elementType == .string {
            if result.strings != reference.strings { mismatch = "other texts" }
            return
        }
        for (left, right) in zip(JSONArray.flat(result), JSONArray.flat(reference)) {
            let (one, other) = (Difference.number(left), Difference.number(right))
            if one == other || (one.isNaN && other.isNaN) {
                if other.isFinite { magnitude = max(magnitude, abs(other)) }
                continue
            }
            guard one.isFinite, other.isFinite else {
                absolute = .infinity
                continue
            }
            magnitude = max(magnitude, abs(other))
            absolute = max(absolute, abs(one - other))
        }
    }

    private static func number(_ value: JSONValue) -> Double {
        if case .bool(let truth) = value { return truth ? 1 : 0 }
        return value.double ?? 0
    }
}
