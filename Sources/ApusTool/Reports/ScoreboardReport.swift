// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusConformance
import ApusFormats

/// A scoreboard as people and programs read it.
struct ScoreboardReport {
    private let title: String
    private let board: Scoreboard

    /// Reports a board under a title.
    init(_ title: String, _ board: Scoreboard) {
        self.title = title
        self.board = board
    }

    /// The table by operator, the cases that did not pass, and the closing line.
    func text(hasTable: Bool) -> String {
        var lines = [Terminal.styled(title, .bold)]
        if hasTable {
            var table = Table(["operator", "passed", "failed", "skipped"], [.left, .right, .right, .right])
            for (name, count) in board.byOperator.sorted(by: { $0.key < $1.key }) {
                table.add([name, String(count.passed), String(count.failed), String(count.skipped)])
            }
            lines.append(table.text)
        }
        for result in board.notPassed {
            switch result.outcome {
            case .failed(let reason): lines.append("failed \(result.name): \(reason)")
            case .skipped(let reason): lines.append("skipped \(result.name): \(reason)")
            case .passed: break
            }
        }
        let total = board.total
        lines.append("\(total.passed) passed, \(total.failed) failed, \(total.skipped) skipped")
        return lines.joined(separator: "\n")
    }

    /// The same as an object.
    var json: JSONValue {
        .object([
            "title": .string(title), "total": counts(board.total),
            "operators": .object(
                board.byOperator.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, counts($0.value)) }),
            "notPassed": .array(
                board.notPassed.map { result in
                    switch result.outcome {
                    case .failed(let reason): .object(["case": .string(result.name), "failed": .string(reason)])
                    case .skipped(let reason): .object(["case": .string(result.name), "skipped": .string(reason)])
                    case .passed: .object(["case": .string(result.name)])
                    }
                }),
        ])
    }

    private func counts(_ count: Scoreboard.Count) -> JSONValue {
        .object([
            "passed": JSONValue(count.passed), "failed": JSONValue(count.failed), "skipped": JSONValue(count.skipped),
        ])
    }
}
