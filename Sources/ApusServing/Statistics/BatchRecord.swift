// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What one run of a model was: the one measurement that statistics and metrics are made of.
struct BatchRecord {
    /// The rows.
    var size = 0
    /// Why the batch was sent as it was.
    var closing = Batcher.Closing.single
    /// The runs that succeeded: one, or one for each request where they ran apart; 0 when the run failed.
    var runCount = 0
    /// What the stages took, in nanoseconds; the queue and the batch are the requests' own.
    var times = StageTimes()
}

extension ModelStatistics {
    /// Adds a run.
    mutating func add(_ record: BatchRecord, milliseconds: UInt64) {
        guard record.runCount > 0 else { return }
        lastInference = milliseconds
        executionCount &+= UInt64(record.runCount)
        let size = UInt64(record.size)
        var position = batches.count
        while position > 0, batches[position - 1].size >= size { position -= 1 }
        if position == batches.count || batches[position].size != size {
            batches.insert(Batch(size: size), at: position)
        }
        batches[position].computeInput.add(record.times.copyIn)
        batches[position].computeInfer.add(record.times.compute)
        batches[position].computeOutput.add(record.times.copyOut)
    }

    /// Adds a request that was answered from the cache.
    mutating func addCacheHit(_ nanoseconds: UInt64) {
        success.add(nanoseconds)
        queue.add(0)
        cacheHit.add(nanoseconds)
    }

    /// Adds a request that was answered.
    mutating func addSuccess(_ times: StageTimes, batchSize: Int, total: UInt64) {
        success.add(total)
        queue.add(times.queue &+ times.batch)
        computeInput.add(times.copyIn)
        computeInfer.add(times.compute)
        computeOutput.add(times.copyOut)
        inferenceCount &+= UInt64(batchSize)
    }
}
