// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import ApusTensors
import Testing

@Suite struct ResponseCacheTests {
    private func tensor(_ value: Float, count: Int = 100) throws -> Tensor {
        try Tensor([Float](repeating: value, count: count), shape: [count])
    }

    private func key(_ value: Float, version: UInt64 = 1) throws -> ResponseCache.Key {
        ResponseCache.Key(version: version, inputs: [CachedTensor(try tensor(value)), nil])
    }

    private func first(_ outputs: [Datum]?) throws -> Float? {
        try outputs?.first?.tensor?.element(0, of: Float.self)
    }

    @Test("Equal inputs of the same version find what was kept, others do not")
    func finds() throws {
        let cache = ResponseCache(limitBytes: 1 << 20, lifetime: .seconds(1))
        cache.keep([.tensor(try tensor(7))], for: try key(1), now: 0)
        #expect(try first(cache.outputs(try key(1), now: 1)) == 7)
        #expect(cache.outputs(try key(2), now: 1) == nil)
        #expect(cache.outputs(try key(1, version: 2), now: 1) == nil)
        #expect(cache.outputs(try key(-0.0), now: 1) == nil)
    }

    @Test("Inputs that are equal as numbers and not as bytes are different")
    func comparesBytes() throws {
        #expect(CachedTensor(try tensor(0)) != CachedTensor(try tensor(-0.0)))
        #expect(CachedTensor(try tensor(.nan)) == CachedTensor(try tensor(.nan)))
        let composed = CachedTensor(try Tensor(strings: ["é"], shape: [1]))
        let decomposed = CachedTensor(try Tensor(strings: ["e\u{301}"], shape: [1]))
        #expect(composed != decomposed)
        #expect(CachedTensor(try tensor(1, count: 4)) != CachedTensor(try tensor(1, count: 2)))
    }

    @Test("What was kept is gone when its time is over")
    func expires() throws {
        let cache = ResponseCache(limitBytes: 1 << 20, lifetime: .nanoseconds(10))
        cache.keep([.tensor(try tensor(7))], for: try key(1), now: 5)
        #expect(cache.outputs(try key(1), now: 14) != nil)
        #expect(cache.outputs(try key(1), now: 15) == nil)
        #expect(cache.byteCount == 0)
    }

    @Test("Past the budget the least recently used go")
    func evicts() throws {
        let cache = ResponseCache(limitBytes: 3 * (800 + 512), lifetime: .seconds(1))
        for value in 1...3 { cache.keep([.tensor(try tensor(Float(value)))], for: try key(Float(value)), now: 0) }
        #expect(cache.outputs(try key(1), now: 0) != nil)
        cache.keep([.tensor(try tensor(4))], for: try key(4), now: 0)
        #expect(cache.outputs(try key(2), now: 0) == nil)
        for value in [1, 3, 4] as [Float] { #expect(try first(cache.outputs(try key(value), now: 0)) == value) }
        #expect(cache.byteCount == 3 * (800 + 512))
    }

    @Test("What does not fit the budget is not kept, and keeping again replaces")
    func keepsToTheBudget() throws {
        let cache = ResponseCache(limitBytes: 1_400, lifetime: .seconds(1))
        cache.keep([.tensor(try tensor(1, count: 1_000))], for: try key(1), now: 0)
        #expect(cache.byteCount == 0)
        cache.keep([.tensor(try tensor(1))], for: try key(1), now: 0)
        cache.keep([.tensor(try tensor(2))], for: try key(1), now: 0)
        #expect(cache.byteCount == 1_312)
        #expect(try first(cache.outputs(try key(1), now: 0)) == 2)
    }

    @Test("An equal request is answered without a run, and a version loaded anew answers itself")
    func answers() async throws {
        let small = SmallServer { $0.responseCacheBytes = 1 << 20 }
        try small.load("m", .doubling) { $0.usesResponseCache = true }
        for value in [1, 1, 2, 1] as [Float] {
            let response = try await small.server.infer(SmallServer.request("m", value))
            #expect(try response.outputs[0].tensor.array(of: Float.self) == [2 * value, 2 * value])
        }
        let statistics = try small.server.statistics("m", version: nil)[0]
        #expect(statistics.executionCount == 2)
        #expect(statistics.inferenceCount == 2)
        #expect(statistics.success.count == 4)
        #expect(statistics.queue.count == 4)
        #expect(statistics.computeInfer.count == 2)
        #expect(statistics.cacheHit.count == 2)
        #expect(statistics.cacheMiss.count == 2)
        #expect(
            small.server.metrics.exposition().contains("nv_cache_num_hits_per_model{model=\"m\",version=\"1\"} 2\n"))
        try small.load("m", .doubling) { $0.usesResponseCache = true }
        _ = try await small.server.infer(SmallServer.request("m", 1))
        #expect(try small.server.statistics("m", version: nil)[0].executionCount == 1)
    }
}
