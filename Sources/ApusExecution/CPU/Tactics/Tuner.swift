// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Synchronization

/// Measures ways to compute a node while a plan is built, each once: what was measured before is known.
public final class Tuner: Sendable {
    private struct State {
        var times: [String: Double]
        var measuredCount = 0
        var peaks: [InstructionSet: Double] = [:]
    }

    private let state: Mutex<State>
    private let report: @Sendable (String) -> Void

    /// Begins with the microseconds of what is known already; `report` hears what is measured now.
    public init(known times: [String: Double] = [:], report: @escaping @Sendable (String) -> Void = { _ in }) {
        state = Mutex(State(times: times))
        self.report = report
    }

    /// The microseconds of everything known, by what was measured.
    public var times: [String: Double] { state.withLock { $0.times } }

    /// How many ways were measured and not known before.
    public var measuredCount: Int { state.withLock { $0.measuredCount } }

    /// Runs longer than this in all are not repeated to be sure.
    private static let (budget, most) = (Duration.milliseconds(20), 12)

    /// The microseconds a computation takes when its weights are not in the caches, the least of several runs.
    ///
    /// `prepare` is called before each run, outside the time.
    func microseconds(_ key: String, prepare: () -> Void, _ body: () -> Void) -> Double {
        if let known = state.withLock({ $0.times[key] }) { return known }
        report(key)
        let clock = ContinuousClock()
        var (best, total, count) = (Duration.seconds(3600), Duration.zero, 0)
        while count < 3 || count < Self.most && total < Self.budget {
            prepare()
            let time = clock.measure(body)
            best = min(best, time)
            total += time
            count += 1
        }
        let result = best / .microseconds(1)
        state.withLock { state in
            state.times[key] = result
            state.measuredCount += 1
        }
        return result
    }

    /// The operations a second, in 10^9, that all threads reach at most.
    func peak(_ kernels: Kernels) -> Double {
        if let known = state.withLock({ $0.peaks[kernels.instructionSet] }) { return known }
        let peak = kernels.measurePeak() * Double(kernels.pool.threadCount)
        state.withLock { $0.peaks[kernels.instructionSet] = peak }
        return peak
    }
}
