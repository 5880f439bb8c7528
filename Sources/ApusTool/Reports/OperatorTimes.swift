// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusFormats

/// The time of a run by operator.
struct OperatorTimes {
    /// All nodes of one operator.
    private struct Row {
        var name: String
        var count = 0
        var time = Duration.zero
    }

    private let rows: [Row]
    private let total: Duration

    /// Adds up a profile.
    init(_ profile: Profile) {
        var rows: [String: Row] = [:]
        for entry in profile.entries {
            let name =
                entry.place.domain.isEmpty
                ? entry.place.operatorName : "\(entry.place.domain).\(entry.place.operatorName)"
            rows[name, default: Row(name: name)].count += 1
            rows[name, default: Row(name: name)].time += entry.duration
        }
        self.rows = rows.values.sorted { ($1.time, $0.name) < ($0.time, $1.name) }
        total = profile.total
    }

    /// A table with the longest first.
    var text: String {
        var table = Table(["operator", "nodes", "time", "share"], [.left, .right, .right, .right])
        for row in rows {
            table.add([
                row.name, String(row.count), Numbers.time(milliseconds: Numbers.milliseconds(row.time)),
                Numbers.fixed(100 * (row.time / max(total, .nanoseconds(1))), 1) + " %",
            ])
        }
        return table.text
    }

    /// The rows as objects.
    var json: JSONValue {
        .array(
            rows.map { row in
                .object([
                    "operator": .string(row.name), "nodes": JSONValue(row.count),
                    "ms": .number(Numbers.milliseconds(row.time)),
                ])
            })
    }
}
