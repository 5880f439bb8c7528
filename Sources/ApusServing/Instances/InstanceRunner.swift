// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// An instance and the batch in its hands, which its own thread runs or the thread that brought the batch.
///
/// Unchecked: whoever the scheduler gave the instance's batch to has it for itself until the batch is finished, and the
/// scheduler's lock orders one after the other.
final class InstanceRunner: @unchecked Sendable {
    /// The instance's number.
    let index: Int
    /// The batch that is run.
    var hands = Scheduler.Desk()
    private let scheduler: Scheduler
    private var instance: ModelInstance
    private var runCount = 0

    init(_ instance: ModelInstance, _ index: Int, scheduler: Scheduler) {
        self.instance = instance
        self.index = index
        self.scheduler = scheduler
    }

    /// Runs batches until there will be no more; for the instance's thread.
    func work() {
        if !instance.waitsForOthers { scheduler.adopt(self) }
        scheduler.instanceFree(index)
        while scheduler.take(self) { scheduler.finish(self, run()) }
        instance.forgetMemory()
    }

    /// Runs the batch in its hands.
    func run() -> BatchRecord {
        runCount &+= 1
        defer { if runCount < 8 || runCount.isMultiple(of: 256) { instance.noteMemory() } }
        return instance.runWithPass(hands)
    }
}
