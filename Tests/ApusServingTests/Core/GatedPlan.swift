// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusServing
import ApusTensors

/// A model that tells the test when a run begins and waits until the test lets it end; it gives its input back.
final class GatedPlan: Plan {
    let inputs: [Value]
    let outputs: [Value]
    /// The rows of each run, when it begins; the first of each session warms it up and is not among them.
    let runs: AsyncStream<Int>
    private let begin: AsyncStream<Int>.Continuation
    /// A gate for each number of rows.
    private let gates = (0...8).map { _ in Signal() }

    init() {
        let type = ValueType.tensor(.float32, [Dimension(symbol: "N"), Dimension(2)])
        inputs = [Value("x", type)]
        outputs = [Value("y", type)]
        (runs, begin) = AsyncStream.makeStream()
    }

    /// Lets one run of so many rows end.
    func letOneGo(_ rows: Int = 1) { gates[rows].raise() }

    func makeSession() -> any ApusExecution.Session { GatedSession(self) }

    fileprivate func enter(_ rows: Int, _ isCancelled: () -> Bool) -> Bool {
        begin.yield(rows)
        gates[rows].wait()
        return !isCancelled()
    }
}

private final class GatedSession: ApusExecution.Session {
    private let plan: GatedPlan
    private var isWarm = false
    var profile: Profile? { nil }
    var isProfiling = false
    var isCancelled: () -> Bool = { false }

    init(_ plan: GatedPlan) { self.plan = plan }

    func run(_ inputs: [Datum]) throws(RunError) -> [Datum] {
        guard isWarm else {
            isWarm = true
            return inputs
        }
        guard plan.enter(inputs[0].tensor?.shape[0] ?? 0, isCancelled) else {
            throw RunError(ComputeError(.cancelled, "stopped"))
        }
        return inputs
    }
}
