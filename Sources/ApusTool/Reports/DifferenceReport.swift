// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusConformance
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

    /// What was found between the nodes.
    private struct Nodes {
        var count: Int
        var departure: (row: Row, place: NodePlace)?
    }

    private let rtol: Double
    private let atol: Double
    private var rows: [Row] = []
    private var nodes: Nodes?

    /// Compares outputs with their references.
    init(_ results: [(name: String, result: Datum, reference: Datum)], rtol: Double, atol: Double) {
        self.rtol = rtol
        self.atol = atol
        rows = results.map(row)
    }

    /// Compares the values nodes make, too, and finds the first node that departs.
    mutating func addNodes(
        _ results: [(name: String, result: Datum, reference: Datum)],
        producers: [String: (position: Int, place: NodePlace)]
    ) {
        let made = results.filter { producers[$0.name] != nil }.map(row)
        let departing = made.filter { !$0.agrees }.compactMap { row in producers[row.name].map { (row, $0) } }
        let first = departing.min { $0.1.position < $1.1.position }
        nodes = Nodes(count: made.count, departure: first.map { ($0.0, $0.1.place) })
    }

    private func row(_ name: String, _ result: Datum, _ reference: Datum) -> Row {
        let difference = Difference(result, reference)
        return Row(name: name, difference: difference, agrees: difference.isWithin(rtol: rtol, atol: atol))
    }

    /// Whether every output, and every value that was looked at, is within the tolerance.
    var agrees: Bool { rows.allSatisfy(\.agrees) && nodes?.departure == nil }

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
        return table.text + nodesText
    }

    private var nodesText: String {
        guard let nodes else { return "" }
        if let (row, place) = nodes.departure {
            let much =
                row.difference.mismatch
                ?? "max abs \(Numbers.short(row.difference.absolute)), rel \(Numbers.short(row.difference.relative))"
            return "\n\nfirst departs: '\(row.name)' (\(much)), made by \(place)"
        }
        let rest = rows.allSatisfy(\.agrees) ? "" : ": the outputs depart only where nodes are merged into one"
        return "\n\nall \(nodes.count) values between the nodes agree" + rest
    }

    /// The same as an object.
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("agrees", .bool(agrees)), .init("outputs", .array(rows.map { .object(facts($0)) })),
        ]
        if let nodes {
            members.append(.init("values_compared", JSONValue(nodes.count)))
            members.append(.init("first_departure", nodes.departure.map(departure) ?? .null))
        }
        return .object(members)
    }

    private func facts(_ row: Row) -> [JSONValue.Member] {
        [
            .init("name", .string(row.name)), .init("type", .string(row.difference.type)),
            .init("max_abs", .number(row.difference.absolute)), .init("max_rel", .number(row.difference.relative)),
            .init("agrees", .bool(row.agrees)),
            .init("mismatch", row.difference.mismatch.map { .string($0) } ?? .null),
        ]
    }

    private func departure(_ row: Row, _ place: NodePlace) -> JSONValue {
        .object(
            facts(row) + [
                .init("node", .string(place.node)), .init("operator", .string(place.operatorName)),
                .init("domain", .string(place.domain)), .init("opset", JSONValue(place.opset)),
            ])
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
        guard let values = result.doubles(), let expected = reference.doubles() else { return }
        for (one, other) in zip(values, expected) {
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
}
