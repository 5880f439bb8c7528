// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusFormats
import ApusTensors

/// Medians of the time of each node over several runs.
struct NodeTimes {
    private struct Row {
        var entry: Profile.Entry
        var milliseconds: Double
        /// 10^9 operations in a second, two for each multiply-add.
        var rate: Double { Double(2 * entry.multiplyAdds) / 1e6 / Swift.max(milliseconds, 1e-6) }
        /// 10^9 bytes in a second.
        var bandwidth: Double { Double(entry.byteCount) / 1e6 / Swift.max(milliseconds, 1e-6) }
        var operatorName: String {
            (entry.place.domain.isEmpty ? "" : entry.place.domain + ".") + entry.place.operatorName
        }
    }

    private let rows: [Row]
    private let total: Double
    private let runCount: Int

    /// Takes the medians; runs whose steps differ in number from the first are left out.
    init(_ profiles: [Profile]) {
        let count = profiles.first?.entries.count ?? 0
        let alike = profiles.filter { $0.entries.count == count }
        func median(_ times: [Duration]) -> Double {
            times.isEmpty ? 0 : Numbers.milliseconds(times.sorted()[times.count / 2])
        }
        rows = (0..<count).map { index in
            Row(entry: alike[0].entries[index], milliseconds: median(alike.map { $0.entries[index].duration }))
        }
        total = median(alike.map(\.total))
        runCount = alike.count
    }

    /// A table of nodes, and one of operators.
    func text(top: Int?) -> String {
        var nodes = Table(
            ["node", "operator", "shape", "ms", "share", "GFLOP/s", "GB/s"],
            [.left, .left, .left, .right, .right, .right, .right])
        let longest = rows.sorted { $0.milliseconds > $1.milliseconds }
        for row in top.map({ Array(longest.prefix($0)) }) ?? rows {
            let name = row.entry.place.node.isEmpty ? row.entry.place.output : row.entry.place.node
            nodes.add([
                String(name.suffix(40)), row.operatorName, Self.shapes(row.entry), Numbers.fixed(row.milliseconds, 4),
                share(row.milliseconds), row.entry.multiplyAdds == 0 ? "" : Numbers.fixed(row.rate, 1),
                Numbers.fixed(row.bandwidth, 1),
            ])
        }
        var operators = Table(
            ["operator", "nodes", "ms", "share", "GFLOP/s"], [.left, .right, .right, .right, .right])
        for (name, group) in Dictionary(grouping: rows, by: \.operatorName)
            .sorted(by: { Self.sum($0.value) > Self.sum($1.value) })
        {
            let work = group.reduce(0) { $0 + 2 * $1.entry.multiplyAdds }
            let time = Self.sum(group)
            operators.add([
                name, String(group.count), Numbers.fixed(time, 3), share(time),
                work == 0 ? "" : Numbers.fixed(Double(work) / 1e6 / Swift.max(time, 1e-6), 1),
            ])
        }
        let summary = "\(Numbers.fixed(total, 3)) ms a run, median of \(runCount) with clocks between nodes"
        return nodes.text + "\n\n" + operators.text + "\n\n" + summary
    }

    private static func sum(_ rows: [Row]) -> Double { rows.reduce(0) { $0 + $1.milliseconds } }

    private func share(_ time: Double) -> String { Numbers.fixed(100 * time / Swift.max(total, 1e-9), 1) + " %" }

    /// The first input, the weights' window where there is one, and the first output.
    private static func shapes(_ entry: Profile.Entry) -> String {
        let first = (entry.inputShapes.first ?? nil).map { "\($0)" } ?? "-"
        let output = (entry.outputShapes.first ?? nil).map { "\($0)" } ?? "-"
        return "\(first) > \(output)"
    }

    /// The rows as objects.
    var json: JSONValue {
        .object([
            "runs": JSONValue(runCount), "ms": .number(total),
            "nodes": .array(
                rows.map { row in
                    .object([
                        "node": .string(row.entry.place.node), "output": .string(row.entry.place.output),
                        "operator": .string(row.operatorName), "shapes": .string(Self.shapes(row.entry)),
                        "ms": .number(row.milliseconds), "multiply_adds": JSONValue(row.entry.multiplyAdds),
                        "bytes": JSONValue(row.entry.byteCount),
                    ])
                }),
        ])
    }
}
