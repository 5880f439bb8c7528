// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusFormats
import ApusGraphs

/// The ways there were to compute the nodes of a plan, and which were chosen.
struct TacticReport {
    private struct Row {
        var node: String
        var record: TacticRecord
        var chosen: String
    }

    private let rows: [Row]

    /// Collects what the nodes say.
    init(_ graph: Graph) {
        rows = graph.nodes.flatMap { node in
            let name = node.name.isEmpty ? node.outputs.first ?? "" : node.name
            let count = if case .integer(let parts) = node.attributes["parts"] { Int(parts) } else { 0 }
            let prefixes = [""] + (0..<max(0, min(count, node.inputs.count))).map { "part\($0)_" }
            return prefixes.compactMap { prefix in
                TacticRecord(node, prefix: prefix).map { record in
                    let algorithm = node.attributes[prefix + "algorithm"]
                    let chosen = if case .string(let name) = algorithm { name } else { record.names.first ?? "" }
                    return Row(
                        node: prefix.isEmpty ? name : "\(name) \(prefix.dropLast())", record: record, chosen: chosen)
                }
            }
        }
    }

    /// A line for each way, the chosen ones marked.
    var text: String {
        guard !rows.isEmpty else { return "no node says how it was chosen" }
        var table = Table(
            ["node", "", "tactic", "expected ms", "measured ms", "GFLOP/s", "of the peak"],
            [.left, .left, .left, .right, .right, .right, .right])
        for row in rows {
            for (index, name) in row.record.names.enumerated() {
                let expected = row.record.expectedMicroseconds(index)
                let rate = row.record.rate(index)
                table.add([
                    index == 0 ? String(row.node.suffix(44)) : "", name == row.chosen ? "*" : "", name,
                    expected.map { Numbers.fixed($0 / 1e3, 4) } ?? "",
                    row.record.microseconds.isEmpty ? "" : Numbers.fixed(row.record.microseconds[index] / 1e3, 4),
                    rate.map { Numbers.fixed($0, 1) } ?? "",
                    rate.map { Numbers.fixed(100 * $0 / row.record.peak, 0) + " %" } ?? "",
                ])
            }
        }
        let peak = rows.first { $0.record.peak > 0 }?.record.peak
        let summary = peak.map { "the peak is \(Numbers.fixed($0, 1)) GFLOP/s; rates count the sums as defined" }
        return table.text + "\n\n" + (summary ?? "nothing was measured: built without tuning")
    }

    /// The rows as objects.
    var json: JSONValue {
        .array(
            rows.map { row in
                .object([
                    "node": .string(row.node), "chosen": .string(row.chosen),
                    "multiply_adds": JSONValue(row.record.multiplyAdds), "peak_gflops": .number(row.record.peak),
                    "tactics": .array(
                        row.record.names.indices.map { index in
                            .object([
                                "name": .string(row.record.names[index]),
                                "expected_cycles": .number(row.record.expectedCycles[index]),
                                "expected_ms": row.record.expectedMicroseconds(index).map { .number($0 / 1e3) }
                                    ?? .null,
                                "measured_ms": row.record.microseconds.isEmpty
                                    ? .null : .number(row.record.microseconds[index] / 1e3),
                            ])
                        }),
                ])
            })
    }
}
