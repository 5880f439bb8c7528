// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// How often something happened and what it took in all.
package struct StatisticDuration: Sendable, Equatable {
    /// How often.
    package var count: UInt64 = 0
    /// Nanoseconds in all.
    package var nanoseconds: UInt64 = 0

    /// Makes zero.
    package init() {}

    /// Adds occurrences.
    package mutating func add(_ nanoseconds: UInt64, count: UInt64 = 1) {
        self.count &+= count
        self.nanoseconds &+= nanoseconds
    }
}

/// The statistics of one version of a model since it was loaded, in the words of the statistics extension.
package struct ModelStatistics: Sendable, Equatable {
    /// What executions of one batch size took.
    package struct Batch: Sendable, Equatable {
        /// The size of the batches.
        package var size: UInt64
        /// Gathering inputs, by execution.
        package var computeInput = StatisticDuration()
        /// Running, by execution.
        package var computeInfer = StatisticDuration()
        /// Splitting outputs, by execution.
        package var computeOutput = StatisticDuration()
    }

    /// The model's name.
    package var name: String
    /// The version, as a decimal number.
    package var version: String
    /// When the last inference ended, in milliseconds since 1970; 0 before the first.
    package var lastInference: UInt64 = 0
    /// Inferences done: a request counts its batch size.
    package var inferenceCount: UInt64 = 0
    /// Runs of the model.
    package var executionCount: UInt64 = 0
    /// Requests answered, from arrival to answer.
    package var success = StatisticDuration()
    /// Requests that failed, from arrival to answer.
    package var fail = StatisticDuration()
    /// Time in the queue, until the instance began.
    package var queue = StatisticDuration()
    /// Gathering inputs, by request.
    package var computeInput = StatisticDuration()
    /// Running, by request.
    package var computeInfer = StatisticDuration()
    /// Splitting outputs, by request.
    package var computeOutput = StatisticDuration()
    /// Requests answered from the response cache.
    package var cacheHit = StatisticDuration()
    /// Requests looked for in the cache in vain, and what storing took.
    package var cacheMiss = StatisticDuration()
    /// Executions by batch size, the smallest first.
    package var batches: [Batch] = []

    /// Makes statistics of zero.
    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }
}
