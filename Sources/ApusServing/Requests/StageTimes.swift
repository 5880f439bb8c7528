// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What each stage of a request took, in nanoseconds: the one measurement behind statistics, metrics and traces.
package struct StageTimes: Sendable, Hashable {
    /// From arrival until an instance was there for the batch.
    package var queue: UInt64 = 0
    /// From then until the instance's thread took the batch.
    package var batch: UInt64 = 0
    /// Gathering the inputs.
    package var copyIn: UInt64 = 0
    /// The model's run.
    package var compute: UInt64 = 0
    /// Splitting the outputs.
    package var copyOut: UInt64 = 0

    /// Makes times of zero.
    package init() {}

    /// Adds what another run took.
    package mutating func add(_ other: StageTimes) {
        queue &+= other.queue
        batch &+= other.batch
        copyIn &+= other.copyIn
        compute &+= other.compute
        copyOut &+= other.copyOut
    }

    /// All stages together.
    package var total: UInt64 { queue &+ batch &+ copyIn &+ compute &+ copyOut }
}
