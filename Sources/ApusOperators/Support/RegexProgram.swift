// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// A regular expression as steps that are followed all at once, so that matching takes linear time.
struct RegexProgram {
    private enum Step {
        case character(CharacterTest)
        case assertion(RegexAssertion)
        case fork(Int, Int)
        case match
    }

    private var steps: [Step] = []
    private static let limit = 50_000

    /// Compiles a pattern in RE2's syntax.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`, `unsupported` or `limit`.
    init(_ pattern: String) throws(ComputeError) {
        var parser = RegexParser(pattern)
        try emit(try parser.parse(), factor: 1)
        steps.append(.match)
    }

    private mutating func append(_ step: Step) throws(ComputeError) {
        guard steps.count < RegexProgram.limit else { throw .limit("the pattern has too many steps") }
        steps.append(step)
    }

    /// Appends the steps of a node that is repeated a number of times by the nodes around it.
    private mutating func emit(_ node: RegexNode, factor: Int) throws(ComputeError) {
        switch node {
        case .empty: break
        case .character(let test): try append(.character(test))
        case .assertion(let assertion): try append(.assertion(assertion))
        case .sequence(let parts): for part in parts { try emit(part, factor: factor) }
        case .choice(let choices):
            var exits: [Int] = []
            for choice in choices.dropLast() {
                let fork = steps.count
                try append(.fork(fork + 1, 0))
                try emit(choice, factor: factor)
                exits.append(steps.count)
                try append(.fork(0, 0))
                steps[fork] = .fork(fork + 1, steps.count)
            }
            if let last = choices.last { try emit(last, factor: factor) }
            for exit in exits { steps[exit] = .fork(steps.count, steps.count) }
        case .repetition(let part, let least, let most):
            let inner = factor * max(most ?? least, 1)
            guard inner <= 1000 else { throw .attribute("the pattern repeats a part more than 1000 times") }
            for _ in 0..<least { try emit(part, factor: inner) }
            guard let most else { return try emitLoop(part, factor: inner) }
            var forks: [Int] = []
            for _ in least..<most {
                forks.append(steps.count)
                try append(.fork(steps.count + 1, 0))
                try emit(part, factor: inner)
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
    }

    private mutating func emitLoop(_ part: RegexNode, factor: Int) throws(ComputeError) {
        let fork = steps.count
        try append(.fork(fork + 1, 0))
        try emit(part, factor: factor)
        try append(.fork(fork, fork))
        steps[fork] = .fork(fork + 1, steps.count)
    }

    /// Whether the whole text matches.
    func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var marks = [Int](repeating: -1, count: steps.count)
        var current = [0]
        for position in 0...scalars.count {
            let before = position > 0 ? scalars[position - 1] : nil
            let after = position < scalars.count ? scalars[position] : nil
            var next: [Int] = []
            var pending = current
            while let index = pending.popLast() {
                if marks[index] == position { continue }
                marks[index] = position
                switch steps[index] {
                case .fork(let first, let second):
                    pending.append(first)
                    pending.append(second)
                case .assertion(let assertion):
                    if assertion.holds(before: before, after: after) { pending.append(index + 1) }
                case .character(let test):
                    if let after, test.contains(after) { next.append(index + 1) }
                case .match: if after == nil { return true }
                }
            }
            if next.isEmpty { return false }
            current = next
        }
        return false
    }
}
