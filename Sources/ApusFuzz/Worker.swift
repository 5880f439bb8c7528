// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Tries one mutated model after the other; a trap or a hang ends the process, and the progress file tells where.
struct Worker {
    let corpus: Corpus
    let progress: String

    #if DEBUG
        /// What is not optimised takes about ten times as long.
        private static let processorSecondsPerModel = 50
    #else
        private static let processorSecondsPerModel = 5
    #endif
    /// A busy machine may take so much longer; whoever waits for nothing is found as well.
    private static let secondsPerModel: UInt32 = 600
    private static let residentLimitBytes = Trial.memoryLimitBytes + 512 << 20
    private static let addressLimitBytes: UInt = 6 << 30
    /// The exit status that says too much memory was taken.
    static let memoryStatus: Int32 = 99

    func run(_ indices: Range<Int>) {
        var limit = rlimit(rlim_cur: Worker.addressLimitBytes, rlim_max: Worker.addressLimitBytes)
        // SAFETY: the limits live on this stack during the call.
        _ = unsafe setrlimit(__rlimit_resource_t(UInt32(9)), &limit)
        var counts: [Trial.Outcome: Int] = [:]
        for index in indices {
            note(index, counts)
            Worker.limitTime(Worker.processorSecondsPerModel)
            alarm(Worker.secondsPerModel)
            let outcome = Trial(bytes: corpus.mutant(index), seed: UInt64(index)).outcome()
            if Worker.peakBytes > Worker.residentLimitBytes {
                print("\(Worker.peakBytes >> 20) MiB were taken")
                exit(Worker.memoryStatus)
            }
            counts[outcome, default: 0] += 1
        }
        Worker.limitTime(0)
        alarm(0)
        note(indices.upperBound, counts)
    }

    /// Ends the process with SIGPROF after so many seconds of processor time; 0: never.
    private static func limitTime(_ seconds: Int) {
        var timer = itimerval()
        timer.it_value.tv_sec = seconds
        // SAFETY: the timer lives on this stack during the call.
        _ = unsafe setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    }

    /// The most memory this process ever held.
    private static var peakBytes: Int {
        var usage = rusage()
        // SAFETY: the call fills the structure given.
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }

    private func note(_ index: Int, _ counts: [Trial.Outcome: Int]) {
        let numbers = Trial.Outcome.allCases.map { String(counts[$0] ?? 0) }
        Files.write(Array("\(index) \(numbers.joined(separator: " "))\n".utf8), to: progress)
    }
}
