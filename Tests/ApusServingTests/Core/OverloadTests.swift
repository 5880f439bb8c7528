// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import ApusTensors
import Testing

@Suite struct OverloadTests {
    /// A server whose one instance is busy with a request until the plan lets it go.
    private func busy(
        clock: ServingClock = .system, _ options: (inout ServingOptions) -> Void = { _ in },
        _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) async throws -> (SmallServer, GatedPlan, Task<Float, any Error>) {
        let small = SmallServer(clock: clock, options)
        let plan = GatedPlan()
        try small.load("m", plan, maxBatchSize: 8, change)
        let first = value(small, 1)
        var runs = plan.runs.makeAsyncIterator()
        #expect(await runs.next() == 1)
        return (small, plan, first)
    }

    private func value(
        _ small: SmallServer, _ value: Float, _ change: @escaping @Sendable (inout InferenceRequest) -> Void = { _ in }
    ) -> Task<Float, any Error> {
        Task {
            let response = try await small.server.infer(SmallServer.request("m", value, change))
            return try response.outputs[0].tensor.array(of: Float.self)[0]
        }
    }

    private func error(_ task: Task<Float, any Error>) async -> ServingError? {
        await #expect(throws: ServingError.self) { try await task.value }
    }

    private func rejected(_ small: SmallServer, _ reason: String) -> UInt64 {
        small.host.metrics.instrument(SchedulingMetrics.rejected, "m", "1", reason).value
    }

    @Test("Requests past a model's limit are refused at once, with the limit and when to come back")
    func limitsModels() async throws {
        let (small, plan, first) = try await busy { $0.maximumRequestsPerModel = 2 }
        let second = value(small, 2)
        await small.waitForQueue("m", 1)
        let refusal = await error(value(small, 3))
        #expect(refusal?.code == .resourceExhausted)
        #expect(refusal?.message.contains("'m'") == true)
        #expect(refusal?.message.contains("2") == true)
        #expect(refusal?.retryAfter != nil)
        #expect(rejected(small, "model_requests") == 1)
        plan.letOneGo()
        plan.letOneGo()
        #expect(try await first.value == 1)
        #expect(try await second.value == 2)
        #expect(small.host.requestCount == 0)
    }

    @Test("Bytes past the server's limit are refused at once")
    func limitsBytes() async throws {
        let (small, plan, first) = try await busy { $0.maximumRequestBytes = 15 }
        let refusal = await error(value(small, 3))
        #expect(refusal?.code == .resourceExhausted)
        #expect(refusal?.message.contains("bytes") == true)
        #expect(rejected(small, "server_bytes") == 1)
        plan.letOneGo()
        _ = try await first.value
        let again = value(small, 4)
        plan.letOneGo()
        #expect(try await again.value == 4)
    }

    @Test("A queue that is full refuses in the words of its policy, and that is no failure in the statistics")
    func limitsQueues() async throws {
        let (small, plan, first) = try await busy({ _ in }) { $0.batching?.queuePolicy.maximumSize = 1 }
        let second = value(small, 2)
        await small.waitForQueue("m", 1)
        let refusal = await error(value(small, 3))
        #expect(refusal?.code == .unavailable)
        #expect(refusal?.message == "[request id: r] Exceeds maximum queue size")
        #expect(rejected(small, "queue_full") == 1)
        #expect(try small.server.statistics("m", version: nil)[0].fail.count == 0)
        plan.letOneGo()
        plan.letOneGo()
        _ = try await (first.value, second.value)
    }

    @Test("A request that waits too long is refused while the instance is still busy")
    func refusesLateRequests() async throws {
        let clock = ServingClock.manual()
        let (small, plan, first) = try await busy(clock: clock, { _ in }) {
            $0.batching?.queuePolicy.defaultTimeout = .milliseconds(10)
        }
        let second = value(small, 2)
        await small.waitForQueue("m", 1)
        clock.advance(by: .milliseconds(10))
        let refusal = await error(second)
        #expect(refusal?.code == .unavailable)
        #expect(refusal?.message == "[request id: r] Request timeout expired")
        #expect(rejected(small, "timeout") == 1)
        #expect(try small.server.statistics("m", version: nil)[0].fail.count == 1)
        plan.letOneGo()
        #expect(try await first.value == 1)
    }

    @Test("A request whose deadline is over does not run")
    func honoursDeadlines() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        let refusal = await error(value(small, 2) { $0.deadline = ContinuousClock.now - .seconds(1) })
        #expect(refusal?.code == .deadlineExceeded)
        #expect(try small.server.statistics("m", version: nil)[0].executionCount == 0)
        #expect(rejected(small, "deadline") == 1)
        #expect(try await value(small, 2) { $0.deadline = ContinuousClock.now + .seconds(100) }.value == 4)
    }

    @Test("A delay ends by the clock, and the batch goes as it is")
    func endsDelays() async throws {
        let clock = ServingClock.manual()
        let small = SmallServer(clock: clock)
        try small.load("m", .doubling) { $0.batching?.maximumDelay = .milliseconds(3) }
        let first = value(small, 1)
        await small.waitForQueue("m", 1)
        let second = value(small, 2)
        await small.waitForQueue("m", 2)
        clock.advance(by: .milliseconds(3))
        #expect(try await first.value == 2)
        #expect(try await second.value == 4)
        #expect(try small.server.statistics("m", version: nil)[0].batches.map(\.size) == [2])
        #expect(small.host.metrics.instrument(SchedulingMetrics.closed, "m", "1", "delay").value == 1)
    }

    @Test("A request that is cancelled in the queue is gone at once and never runs")
    func cancelsInQueue() async throws {
        let (small, plan, first) = try await busy()
        let second = value(small, 2)
        await small.waitForQueue("m", 1)
        second.cancel()
        #expect(await error(second)?.code == .cancelled)
        #expect(small.queuedCount("m") == 0)
        #expect(small.host.requestCount == 1)
        plan.letOneGo()
        #expect(try await first.value == 1)
        #expect(try small.server.statistics("m", version: nil)[0].inferenceCount == 1)
        #expect(rejected(small, "cancelled") == 1)
    }

    @Test("A request that is cancelled while it runs returns at once, and its run is told to stop")
    func cancelsRunning() async throws {
        let (small, plan, first) = try await busy()
        first.cancel()
        #expect(await error(first)?.code == .cancelled)
        #expect(small.host.requestCount == 1)
        plan.letOneGo()
        let second = value(small, 2)
        plan.letOneGo()
        #expect(try await second.value == 2)
        #expect(try small.server.statistics("m", version: nil)[0].executionCount == 1)
        while small.host.requestCount > 0 { await Task.yield() }
    }

    @Test("A task that was cancelled before it asks is refused")
    func cancelsBefore() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        let task = Task {
            // SAFETY: the task is used within the closure only.
            unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
            let response = try await small.server.infer(SmallServer.request("m", 1))
            return try response.outputs[0].tensor.array(of: Float.self)[0]
        }
        #expect(await error(task)?.code == .cancelled)
        #expect(try small.server.statistics("m", version: nil)[0].executionCount == 0)
    }

    @Test("At shutdown new requests are refused, those under way finish, and draining waits for them")
    func drains() async throws {
        let (small, plan, first) = try await busy()
        small.server.beginShutdown()
        #expect(!small.server.isReady)
        #expect(try !small.server.isReady("m", version: ""))
        #expect(small.server.isLive)
        #expect(await error(value(small, 2))?.code == .unavailable)
        #expect(await small.server.drain(within: .zero) == 1)
        async let left = small.server.drain(within: .seconds(100))
        plan.letOneGo()
        #expect(await left == 0)
        #expect(try await first.value == 1)
    }

    @Test("Loading again loses no request: those under way finish on the old version")
    func reloads() async throws {
        let (small, plan, first) = try await busy()
        let second = value(small, 2)
        await small.waitForQueue("m", 1)
        try small.load("m", .doubling)
        #expect(try await value(small, 3).value == 6)
        plan.letOneGo()
        plan.letOneGo()
        #expect(try await first.value == 1)
        #expect(try await second.value == 2)
    }

    @Test("Loading again and again under load fails nothing")
    func reloadsUnderLoad() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        let clients = (0..<4).map { client in
            Task {
                for turn in 0..<100 {
                    let value = Float(client * 100 + turn)
                    let response = try await small.server.infer(SmallServer.request("m", value))
                    #expect(try response.outputs[0].tensor.array(of: Float.self) == [2 * value, 2 * value])
                }
            }
        }
        for _ in 0..<20 { try small.load("m", .doubling) }
        for client in clients { try await client.value }
    }

    @Test("A version that cannot be loaded leaves the old one serving")
    func keepsTheOldVersion() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        #expect(throws: ServingError.self) { try small.load("m", .doubling) { $0.inputs[0].datatype = .int8 } }
        let bad = RequestInput(name: "x", tensor: try Tensor([1] as [Float], shape: [1, 1]))
        let error = #expect(throws: ServingError.self) {
            try small.load("m", .doubling) { $0.warmUps = [.init(name: "w", inputs: [bad])] }
        }
        #expect(error?.message.contains("[request id: w]") == true)
        #expect(try await value(small, 3).value == 6)
    }

    @Test("Slots and memory are used again from request to request")
    func reusesMemory() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        for turn in 0..<50 { _ = try await value(small, Float(turn)).value }
        #expect(small.host.metrics.instrument(MemoryMetrics.slots, "m", "1", "new").value == 1)
        #expect(small.host.metrics.instrument(MemoryMetrics.slots, "m", "1", "reused").value == 49)
        #expect(small.host.metrics.instrument(MemoryMetrics.copiedBytes, "m", "1").value == 0)
    }
}
