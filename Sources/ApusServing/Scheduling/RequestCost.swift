// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What a request of one form costs a version when it runs alone, as far as that is known.
struct RequestCost {
    /// The form of the request that was measured last.
    private var shape = 0
    private var batchSize = 0
    /// The mean of its last runs in nanoseconds, the newest counting most.
    private var mean = UInt64.max

    /// The cost up to which a request is run by the thread that brings it, in nanoseconds.
    ///
    /// To wake the instance's thread, and then the thread that brought the request again, costs about as much.
    private static let small: UInt64 = 50_000

    /// Whether a request is known to cost less than to wake two threads.
    func isSmall(for slot: RequestSlot) -> Bool {
        slot.shapeKey == shape && slot.batchSize == batchSize && mean <= Self.small
    }

    /// Takes in a run of a request alone.
    mutating func note(_ slot: RequestSlot, _ times: StageTimes) {
        let cost = min(times.copyIn &+ times.compute &+ times.copyOut, .max / 8)
        let isKnown = slot.shapeKey == shape && slot.batchSize == batchSize && mean != .max
        (shape, batchSize) = (slot.shapeKey, slot.batchSize)
        mean = isKnown ? mean - mean / 8 + cost / 8 : cost
    }
}
