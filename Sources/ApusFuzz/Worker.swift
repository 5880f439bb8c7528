// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Tries one mutated model after the other; a trap or a hang ends the process, and the progress file tells where.
struct Worker {
    let corpus: Corpus
    let progress: String

    private static let secondsPerModel: UInt32 = 5
    private static let memoryLimitBytes: UInt = 6 << 30

    func run(_ indices: Range<Int>) {
        var limit = rlimit(rlim_cur: Worker.memoryLimitBytes, rlim_max: Worker.memoryLimitBytes)
        // SAFETY: the limits live on this stack during the call.
        _ = unsafe setrlimit(__rlimit_resource_t(UInt32(9)), &limit)
        var counts: [Trial.Outcome: Int] = [:]
        for index in indices {
            note(index, counts)
            alarm(Worker.secondsPerModel)
            let outcome = Trial(bytes: corpus.mutant(index), seed: UInt64(index)).outcome()
            counts[outcome, default: 0] += 1
        }
        alarm(0)
        note(indices.upperBound, counts)
    }

    private func note(_ index: Int, _ counts: [Trial.Outcome: Int]) {
        let numbers = Trial.Outcome.allCases.map { String(counts[$0] ?? 0) }
        Files.write(Array("\(index) \(numbers.joined(separator: " "))\n".utf8), to: progress)
    }
}
