// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Results counted by operator.
public struct Scoreboard: Sendable {
    /// Cases that passed, failed and were skipped.
    public struct Count: Sendable, Hashable {
        /// Cases that passed.
        public var passed = 0
        /// Cases that failed.
        public var failed = 0
        /// Cases that were skipped.
        public var skipped = 0

        mutating func add(_ outcome: Outcome) {
            switch outcome {
            case .passed: passed += 1
            case .failed: failed += 1
            case .skipped: skipped += 1
            }
        }
    }

    /// All cases together.
    public private(set) var total = Count()
    /// By operator; a case counts for each of its operators.
    public private(set) var byOperator: [String: Count] = [:]
    /// The cases that did not pass, with what happened.
    public private(set) var notPassed: [CaseResult] = []

    /// Makes an empty board.
    public init() {}

    /// Counts one result.
    public mutating func add(_ result: CaseResult) {
        total.add(result.outcome)
        for name in result.operators { byOperator[name, default: Count()].add(result.outcome) }
        if result.outcome != .passed { notPassed.append(result) }
    }

    /// The board as lines of text: a table by operator, then the cases that did not pass.
    public func text(operators: Bool) -> String {
        var lines: [String] = []
        if operators {
            lines.append("operator                              passed  failed skipped")
            for (name, count) in byOperator.sorted(by: { $0.key < $1.key }) {
                let padding = String(repeating: " ", count: max(1, 38 - name.count))
                lines.append(
                    name + padding + [count.passed, count.failed, count.skipped].map(column).joined(separator: " "))
            }
        }
        for result in notPassed {
            switch result.outcome {
            case .failed(let reason): lines.append("FAILED \(result.name): \(reason)")
            case .skipped(let reason): lines.append("skipped \(result.name): \(reason)")
            case .passed: break
            }
        }
        lines.append("\(total.passed) passed, \(total.failed) failed, \(total.skipped) skipped")
        return lines.joined(separator: "\n")
    }

    private func column(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, 7 - text.count)) + text
    }
}
