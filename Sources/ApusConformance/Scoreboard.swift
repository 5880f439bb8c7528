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
}
