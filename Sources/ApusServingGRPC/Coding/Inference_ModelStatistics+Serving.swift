// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import SwiftProtobuf

extension Inference_ModelStatistics {
    /// The statistics in the protocol's message.
    init(_ statistics: ModelStatistics) {
        self.init()
        name = statistics.name
        version = statistics.version
        lastInference = statistics.lastInference
        inferenceCount = statistics.inferenceCount
        executionCount = statistics.executionCount
        inferenceStats = .with {
            $0.success = .init(statistics.success)
            $0.fail = .init(statistics.fail)
            $0.queue = .init(statistics.queue)
            $0.computeInput = .init(statistics.computeInput)
            $0.computeInfer = .init(statistics.computeInfer)
            $0.computeOutput = .init(statistics.computeOutput)
            $0.cacheHit = .init(statistics.cacheHit)
            $0.cacheMiss = .init(statistics.cacheMiss)
        }
        batchStats = statistics.batches.map { batch in
            .with {
                $0.batchSize = batch.size
                $0.computeInput = .init(batch.computeInput)
                $0.computeInfer = .init(batch.computeInfer)
                $0.computeOutput = .init(batch.computeOutput)
            }
        }
    }
}

extension Inference_StatisticDuration {
    init(_ duration: StatisticDuration) {
        self.init()
        count = duration.count
        ns = duration.nanoseconds
    }
}
