// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import ApusTensors
import Testing

@Suite(.timeLimit(.minutes(2))) struct CoalescerTests {
    private let small = SmallServer()
    private let plan = GatedPlan()

    private func load() throws { try small.load("m", plan) { $0.runsEqualRequestsOnce = true } }

    private func ask(_ value: Float, id: String) -> Task<InferenceResponse, any Error> {
        Task { try await small.server.infer(SmallServer.request("m", value) { $0.id = id }) }
    }

    private var coalesced: UInt64 { small.host.metrics.instrument(SchedulingMetrics.coalesced, "m", "1").value }

    /// Lets other tasks run until so many requests wait for the run of another.
    private func waitForOthers(_ count: Int64) async {
        let underWay = small.host.metrics.instrument(SchedulingMetrics.underWay, "m", "1")
        while underWay.value != count { await Task.yield() }
    }

    @Test("Equal requests at the same time run once, and each gets its own response")
    func runsOnce() async throws {
        try load()
        let first = ask(1, id: "a")
        for await _ in plan.runs.prefix(1) {}
        let second = ask(1, id: "b")
        let third = ask(1, id: "c")
        await waitForOthers(3)
        plan.letOneGo()
        let responses = [try await first.value, try await second.value, try await third.value]
        #expect(responses.map(\.id) == ["a", "b", "c"])
        for response in responses { #expect(try response.outputs[0].tensor.array(of: Float.self) == [1, 1]) }
        #expect(coalesced == 2)
        #expect(small.host.metrics.instrument(InferenceMetrics.executions, "m", "1").value == 1)
        #expect(small.host.metrics.instrument(InferenceMetrics.success, "m", "1").value == 3)
    }

    @Test("Requests that differ, or come after the run, run by themselves")
    func runsApart() async throws {
        try load()
        for value: Float in [1, 2, 1] {
            let task = ask(value, id: "")
            for await _ in plan.runs.prefix(1) {}
            plan.letOneGo()
            #expect(try await task.value.outputs[0].tensor.array(of: Float.self) == [value, value])
        }
        #expect(coalesced == 0)
    }

    @Test("Whoever began the run may go without taking it from the others; when all have gone it ends")
    func cancellation() async throws {
        try load()
        let first = ask(1, id: "a")
        for await _ in plan.runs.prefix(1) {}
        let second = ask(1, id: "b")
        await waitForOthers(2)
        first.cancel()
        let error = await #expect(throws: ServingError.self) { try await first.value }
        #expect(error?.code == .cancelled)
        plan.letOneGo()
        #expect(try await second.value.id == "b")
        let alone = ask(1, id: "c")
        for await _ in plan.runs.prefix(1) {}
        alone.cancel()
        let other = await #expect(throws: ServingError.self) { try await alone.value }
        #expect(other?.code == .cancelled)
        plan.letOneGo()
        await waitForOthers(0)
    }

    @Test("What is wrong with a request is said under its own name")
    func failures() async throws {
        try load()
        let error = await #expect(throws: ServingError.self) {
            try await small.server.infer(InferenceRequest(model: "m", id: "mine", inputs: []))
        }
        #expect(error?.message.hasPrefix("[request id: mine] ") ?? false)
    }
}
