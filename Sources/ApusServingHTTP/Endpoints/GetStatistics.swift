// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// `GET /v2/models[/{model}[/versions/{version}]]/stats`: what models did and how long it took.
struct GetStatistics: Endpoint {
    func respond(to request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws -> Response {
        let all = try edge.server.statistics(
            path.model.isEmpty ? nil : path.model, version: path.version.isEmpty ? nil : path.version)
        return .json {
            $0.raw("{\"model_stats\":[")
            for (index, statistics) in all.enumerated() {
                if index > 0 { $0.raw(",") }
                $0.statistics(statistics)
            }
            $0.raw("]}")
        }
    }
}

extension JSONWriter {
    fileprivate mutating func statistics(_ statistics: ModelStatistics) {
        raw("{")
        key("name", isFirst: true)
        string(statistics.name)
        key("version")
        string(statistics.version)
        key("last_inference")
        integer(statistics.lastInference)
        key("inference_count")
        integer(statistics.inferenceCount)
        key("execution_count")
        integer(statistics.executionCount)
        key("inference_stats")
        raw("{")
        duration("success", statistics.success, isFirst: true)
        duration("fail", statistics.fail)
        duration("queue", statistics.queue)
        duration("compute_input", statistics.computeInput)
        duration("compute_infer", statistics.computeInfer)
        duration("compute_output", statistics.computeOutput)
        duration("cache_hit", statistics.cacheHit)
        duration("cache_miss", statistics.cacheMiss)
        raw("},\"response_stats\":{},\"batch_stats\":[")
        for (index, batch) in statistics.batches.enumerated() {
            raw(index > 0 ? ",{" : "{")
            key("batch_size", isFirst: true)
            integer(batch.size)
            duration("compute_input", batch.computeInput)
            duration("compute_infer", batch.computeInfer)
            duration("compute_output", batch.computeOutput)
            raw("}")
        }
        raw("],\"memory_usage\":[]}")
    }

    private mutating func duration(_ name: StaticString, _ duration: StatisticDuration, isFirst: Bool = false) {
        key(name, isFirst: isFirst)
        raw("{\"count\":")
        integer(duration.count)
        raw(",\"ns\":")
        integer(duration.nanoseconds)
        raw("}")
    }
}
