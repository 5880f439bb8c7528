// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import ApusTensors
import Testing

@Suite struct SequenceStateTests {
    /// `y = before with x behind it` over `f32[N, M]`, kept as the state.
    private static var growing: SmallModel {
        var model = SmallModel()
        let axis = SmallModel.block(1, Array("axis".utf8)) + SmallModel.number(3, 1) + SmallModel.number(20, 2)
        model.nodes = [
            SmallModel.node("Concat", ["before", "x"], ["y"]) + SmallModel.block(5, axis),
            SmallModel.node("Identity", ["y"], ["after"]),
        ]
        model.inputs = [SmallModel.value("x", 1, ["N", 2]), SmallModel.value("before", 1, ["N", "M"])]
        model.outputs = [SmallModel.value("y", 1, ["N", "K"]), SmallModel.value("after", 1, ["N", "K"])]
        return model
    }

    @Test("States may grow, and sequences whose states have different sizes still run at one time")
    func grows() async throws {
        let small = SmallServer()
        try small.load("m", Self.growing, maxBatchSize: 2) {
            $0.outputs[0].dimensions = [-1]
            $0.batching = nil
            var policy = SequenceModel.patient
            policy.strategy = .direct(maximumDelay: .seconds(100), minimumUtilization: 1)
            policy.states = [
                SequencePolicy.State(input: "before", output: "after", datatype: .float32, dimensions: [-1])
            ]
            $0.sequenceBatching = policy
        }
        func send(_ value: Float, _ id: UInt64, start: Bool = false) async throws -> [Float] {
            let request = try SequenceModel.request(value, of: .number(id), start: start)
            return try await small.server.infer(request).outputs[0].tensor.array(of: Float.self)
        }
        async let first = send(1, 1, start: true)
        async let second = send(2, 2, start: true)
        #expect(try await first == [0, 1, 1])
        #expect(try await second == [0, 2, 2])
        async let third = send(3, 1)
        async let fourth = send(4, 2, start: true)
        #expect(try await third == [0, 1, 1, 3, 3])
        #expect(try await fourth == [0, 4, 4])
        let statistics = try #require(try small.server.statistics("m", version: nil).first)
        #expect(statistics.success.count == 4)
        #expect(statistics.fail.count == 0)
        #expect(statistics.batches.map(\.size) == [2])
    }

    @Test("Queued requests of sequences are still answered when the version goes, in order")
    func drains() async throws {
        let small = SmallServer()
        let plan = GatedPlan()
        func load() throws {
            try small.load("m", plan) {
                $0.batching = nil
                $0.sequenceBatching = SequenceModel.patient
            }
        }
        try load()
        var runs = plan.runs.makeAsyncIterator()
        @Sendable func send(_ value: Float, start: Bool = false) async throws -> Float {
            let request = try SequenceModel.request(value, of: .text("s"), start: start)
            return try await small.server.infer(request).outputs[0].tensor.array(of: Float.self)[0]
        }
        async let first = send(1, start: true)
        #expect(await runs.next() == 1)
        async let second = send(2)
        await small.waitForQueue("m", 1)
        async let third = send(3)
        await small.waitForQueue("m", 2)
        small.host.unload("m")
        for _ in 0..<3 { plan.letOneGo() }
        #expect(try await [first, second, third] == [1, 2, 3])
        #expect(small.host.requestCount == 0)
        await #expect(throws: ServingError.self) { try await send(4) }
    }

    @Test("A client that goes away takes its request along, and the sequence goes on")
    func cancels() async throws {
        let small = SmallServer()
        let plan = GatedPlan()
        try small.load("m", plan) {
            $0.batching = nil
            $0.sequenceBatching = SequenceModel.patient
        }
        var runs = plan.runs.makeAsyncIterator()
        @Sendable func send(_ value: Float, start: Bool = false) async throws -> Float {
            let request = try SequenceModel.request(value, of: .text("s"), start: start)
            return try await small.server.infer(request).outputs[0].tensor.array(of: Float.self)[0]
        }
        async let first = send(1, start: true)
        #expect(await runs.next() == 1)
        let second = Task { try await send(2) }
        await small.waitForQueue("m", 1)
        async let third = send(3)
        await small.waitForQueue("m", 2)
        second.cancel()
        let error = await #expect(throws: ServingError.self) { try await second.value }
        #expect(error?.code == .cancelled)
        plan.letOneGo()
        plan.letOneGo()
        #expect(try await [first, third] == [1, 3])
        #expect(small.host.requestCount == 0)
    }
}
