// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Synchronization

/// The place of one request in a version, used again from request to request.
///
/// Unchecked: a slot belongs to one party at a time. The task that took it fills it and hands it to the scheduler; from
/// then on the scheduler's lock guards it, and the instance that runs it owns inputs, outputs and times. The
/// receiver gives it back to the task.
final class RequestSlot: @unchecked Sendable {
    /// How a request ended.
    enum Outcome: Sendable {
        /// The outputs are in the slot.
        case done
        /// The version was on its way out and took nothing: another one may.
        case closed
        /// The request failed.
        case failed(ServingError)
        /// The request failed, and the slot is still in the hands of an instance.
        case abandoned(ServingError)
    }

    enum Stage {
        case free
        case taken
        case queued
        case running
        /// It runs, but nobody waits for it any more.
        case abandoned
        case finished
    }

    /// The slot's number, which is the ticket of its request.
    let index: Int
    /// Distinguishes the requests of one slot.
    var generation: UInt64 = 0
    var stage = Stage.free
    /// Whether its task was cancelled before it came to the scheduler.
    var isCancelled = false
    /// Hears once how the request ended, outside of the scheduler's lock.
    var receiver: (@Sendable (Outcome) -> Void)?
    /// The instance that runs it.
    var instance = 0
    /// The inputs in the model's order.
    var inputs: [Datum] = []
    /// The outputs in the model's order.
    var outputs: [Datum] = []
    /// The rows the request brings; 1 for a model that does not batch.
    var batchSize = 1
    /// Equal for requests that may share a batch.
    var shapeKey = 0
    /// The length along the axis that is padded; 0 where none is.
    var length = 0
    var byteCount = 0
    /// Whether it is a step of an ensemble, whose request counts towards the server's limits.
    var isPart = false
    /// What it carries of its sequence.
    var sequence = SequenceHold()
    var arrived: Int64 = 0
    var dispatched: Int64 = 0
    var times = StageTimes()
    var failure: ServingError?
    private let isFinished = Atomic<Bool>(false)

    init(index: Int) { self.index = index }

    /// The request has an answer: orders what was written to the slot before what the task reads.
    func finish() { isFinished.store(true, ordering: .releasing) }

    /// The task takes the slot back.
    func takeBack() { _ = isFinished.load(ordering: .acquiring) }

    /// Lets go of everything a request held, keeping the arrays.
    func clear() {
        for position in inputs.indices { inputs[position] = .none }
        outputs.removeAll(keepingCapacity: true)
        receiver = nil
        isCancelled = false
        failure = nil
        byteCount = 0
        isPart = false
        sequence = SequenceHold()
        batchSize = 1
        shapeKey = 0
        length = 0
        times = StageTimes()
        isFinished.store(false, ordering: .relaxed)
    }
}
