// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// How a model without a configuration is served: what a short measurement says is best.
package struct ServingChoice: Sendable, Equatable {
    /// What was measured: runs of one instance with all threads, by rows, and of one instance for each thread.
    package struct Measurements: Sendable, Equatable {
        /// The fastest run of each number of rows, in nanoseconds, the fewest rows first.
        package var times: [(rows: Int, nanoseconds: Double)]
        /// One run of one row by one thread alone, in nanoseconds; nil where it was not measured.
        package var singleThread: Double?
        /// The time between ends of runs when every thread runs batches of the useful size by itself; nil where it was
        /// not measured.
        package var apart: Double?

        /// Makes measurements.
        package init(times: [(rows: Int, nanoseconds: Double)], singleThread: Double? = nil, apart: Double? = nil) {
            (self.times, self.singleThread, self.apart) = (times, singleThread, apart)
        }

        package static func == (left: Self, right: Self) -> Bool {
            left.times.elementsEqual(right.times) { $0.rows == $1.rows && $0.nanoseconds == $1.nanoseconds }
                && left.singleThread == right.singleThread && left.apart == right.apart
        }
    }

    /// The instances.
    package var instanceCount: Int
    /// The threads each of them computes with.
    package var threadCount: Int
    /// The largest batch that is worth it.
    package var usefulBatch: Int
    /// What it was chosen by, in one sentence.
    package var reason: String

    /// Makes a choice.
    package init(instanceCount: Int, threadCount: Int, usefulBatch: Int, reason: String) {
        self.instanceCount = instanceCount
        self.threadCount = threadCount
        self.usefulBatch = usefulBatch
        self.reason = reason
    }

    /// A batch is worth it when it gives so much more rows in the same time than one of half its size.
    private static let gain = 1.05
    /// Instances of one thread each are worth it when they give so much more than one with all threads.
    private static let apartGain = 1.15
    /// No batch takes longer, in nanoseconds, unless a single row does.
    private static let longest = 100e6

    /// The largest batch worth it: doubling went on giving more, and no batch took too long.
    package static func usefulBatch(_ times: [(rows: Int, nanoseconds: Double)]) -> Int {
        guard var best = times.first else { return 1 }
        for time in times.dropFirst() {
            let (before, after) = (Double(best.rows) / best.nanoseconds, Double(time.rows) / time.nanoseconds)
            guard after >= before * gain, time.nanoseconds <= longest else { break }
            best = time
        }
        return best.rows
    }

    /// What measurements speak for, on so many threads.
    package static func choose(_ measured: Measurements, threadCount: Int) -> ServingChoice {
        let batch = usefulBatch(measured.times)
        func milliseconds(_ nanoseconds: Double) -> String { "\((nanoseconds / 10_000).rounded() / 100) ms" }
        let list = measured.times.map { "\($0.rows): \(milliseconds($0.nanoseconds))" }.joined(separator: ", ")
        var choice = ServingChoice(
            instanceCount: 1, threadCount: threadCount, usefulBatch: batch, reason: "rows and their time were \(list)")
        guard threadCount > 1, let apart = measured.apart, let single = measured.singleThread,
            let together = measured.times.first(where: { $0.rows == batch })?.nanoseconds,
            let one = measured.times.first?.nanoseconds
        else { return choice }
        choice.reason +=
            "; \(batch) rows by all \(threadCount) threads together \(milliseconds(together)), by each "
            + "for itself one in \(milliseconds(apart))"
        // One request alone must not pay much for what many gain.
        if together >= apart * apartGain, single <= max(one * 1.5, 2e6) {
            (choice.instanceCount, choice.threadCount) = (threadCount, 1)
        }
        return choice
    }

    /// The choice as a line of a file.
    package var line: String { "\(instanceCount) \(threadCount) \(usefulBatch) \(reason)" }

    /// Reads a line of a file; nil for one that nobody wrote.
    package init?(line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 3)
        guard parts.count == 4, let instances = Int(parts[0]), let threads = Int(parts[1]), let batch = Int(parts[2]),
            (1...1024).contains(instances), (1...1024).contains(threads), (1...1024).contains(batch)
        else { return nil }
        self.init(instanceCount: instances, threadCount: threads, usefulBatch: batch, reason: String(parts[3]))
    }
}
