// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import ApusTensors
import Testing

@Suite struct EnsembleTests {
    private typealias Step = EnsemblePlan.Step

    private func step(_ model: String, _ input: String, _ output: String) -> EnsemblePlan.Step {
        EnsembleConfiguration.step(model, input, output)
    }

    private func load(
        _ small: SmallServer, _ steps: [EnsemblePlan.Step], inputs: [String] = ["x"], outputs: [String] = ["y"],
        versions: [Int64] = [1], _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) throws {
        try small.host.load(
            ensemble: versions,
            EnsembleConfiguration.make("e", steps, inputs: inputs, outputs: outputs, change))
    }

    private func values(_ response: InferenceResponse, _ name: String = "y") throws -> [Float] {
        try #require(response.outputs.first { $0.name == name }).tensor.array(of: Float.self)
    }

    @Test("A chain of models answers as the models one after the other, and each counts its own")
    func chain() async throws {
        let small = SmallServer()
        try small.load("double", .doubling)
        try small.load("triple", .multiplying(by: 3))
        try load(small, [step("double", "x", "t"), step("triple", "t", "y")])
        let response = try await small.server.infer(SmallServer.request("e", 1.5, rows: 2))
        #expect(response.model == "e")
        #expect(response.version == "1")
        #expect(response.id == "r")
        #expect(try values(response) == [9, 9, 9, 9])
        let all = try small.server.statistics(nil, version: nil)
        #expect(all.map(\.name) == ["double", "e", "triple"])
        #expect(all.map(\.success.count) == [1, 1, 1])
        #expect(all.map(\.inferenceCount) == [2, 2, 2])
        #expect(all.map(\.executionCount) == [1, 1, 1])
        #expect(all[1].computeInfer.nanoseconds == all[0].computeInfer.nanoseconds + all[2].computeInfer.nanoseconds)
        #expect(all[1].success.nanoseconds >= all[0].success.nanoseconds + all[2].success.nanoseconds)
        #expect(all[1].batches.map(\.size) == [2])
        #expect(small.host.metrics.instrument(InferenceMetrics.success, "e", "1").value == 1)
        #expect(small.host.requestCount == 0)
    }

    @Test("Tensors go from step to step and to the client in the memory they were written in")
    func copiesNothing() async throws {
        let small = SmallServer()
        let (first, second) = (GatedPlan(), GatedPlan())
        try small.load("a", first)
        try small.load("b", second)
        try load(small, [step("a", "x", "t"), step("b", "t", "y")])
        first.letOneGo(2)
        second.letOneGo(2)
        let request = try SmallServer.request("e", 4, rows: 2)
        guard case .tensor(let sent) = request.inputs[0].data else { return }
        let given = try await small.server.infer(request).outputs[0].tensor
        // Both models give their input back.
        #expect(given.storage === sent.storage)
        for model in ["a", "b", "e"] {
            #expect(small.host.metrics.instrument(MemoryMetrics.copiedBytes, model, "1").value == 0)
        }
    }

    @Test("Steps that do not wait for each other run at one time")
    func runsSideBySide() async throws {
        let small = SmallServer()
        let (left, right) = (GatedPlan(), GatedPlan())
        try small.load("left", left)
        try small.load("right", right)
        try load(small, [step("left", "x", "l"), step("right", "x", "r")], outputs: ["l", "r"])
        async let answer = small.server.infer(SmallServer.request("e", 1))
        var (runs, others) = (left.runs.makeAsyncIterator(), right.runs.makeAsyncIterator())
        #expect(await runs.next() == 1)
        // The left one has not ended.
        #expect(await others.next() == 1)
        left.letOneGo()
        right.letOneGo()
        #expect(try await answer.outputs.map(\.name) == ["l", "r"])
    }

    @Test("Only the steps of the outputs that are asked for run")
    func runsWhatIsNeeded() async throws {
        let small = SmallServer()
        for (name, factor) in [("a", 2), ("b", 3), ("c", 5)] { try small.load(name, .multiplying(by: factor)) }
        try load(small, [step("a", "x", "t"), step("b", "t", "l"), step("c", "t", "r")], outputs: ["l", "r"])
        let response = try await small.server.infer(
            SmallServer.request("e", 1) { $0.outputs = [RequestedOutput(name: "r")] })
        #expect(response.outputs.map(\.name) == ["r"])
        #expect(try values(response, "r") == [10, 10])
        let ran = try ["a", "b", "c"].map { try small.server.statistics($0, version: nil)[0].executionCount }
        #expect(ran == [1, 0, 1])
    }

    @Test("A model that is loaded anew is used by the next request, one that is gone is named, and may come back")
    func followsModels() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        try small.load("n", .doubling)
        try load(small, [step("n", "x", "t"), step("m", "t", "y")])
        #expect(try await values(small.server.infer(SmallServer.request("e", 1))) == [4, 4])
        try small.load("m", .multiplying(by: 5), versions: [1, 2])
        #expect(try await values(small.server.infer(SmallServer.request("e", 1))) == [10, 10])
        small.host.unload("m")
        #expect(try !small.server.isReady("e", version: ""))
        let error = await #expect(throws: ServingError.self) {
            try await small.server.infer(SmallServer.request("e", 1))
        }
        #expect(error?.code == .unavailable)
        #expect(
            error?.message == "[request id: r] in ensemble 'e', step 1 (model 'm'): Request for unknown model: 'm' has "
                + "no available versions")
        // What was served once may be missing while the ensemble is loaded.
        try load(small, [step("n", "x", "t"), step("m", "t", "y")], versions: [3])
        try small.load("m", .multiplying(by: 7))
        #expect(try small.server.isReady("e", version: ""))
        let response = try await small.server.infer(SmallServer.request("e", 1))
        #expect(response.version == "3")
        #expect(try values(response) == [14, 14])
    }

    @Test("Steps name versions, and an ensemble may be a step")
    func nests() async throws {
        let small = SmallServer()
        try small.load("m", .doubling, versions: [1, 2])
        try load(small, [EnsembleConfiguration.step("m", "x", "y", version: 1)])
        let outer = [step("e", "x", "t"), EnsembleConfiguration.step("m", "t", "y", version: 2)]
        try small.host.load(ensemble: [1], EnsembleConfiguration.make("outer", outer))
        #expect(try await values(small.server.infer(SmallServer.request("outer", 1))) == [4, 4])
        let counts = try small.server.statistics("m", version: nil).map(\.executionCount)
        #expect(counts == [1, 1])
        small.host.unload("e")
        let error = await #expect(throws: ServingError.self) {
            try await small.server.infer(SmallServer.request("outer", 1))
        }
        #expect(error?.message.contains("in ensemble 'outer', step 0 (model 'e'): Request for unknown model") ?? false)
    }

    @Test("A step that fails is named, and those beside it are cancelled")
    func fails() async throws {
        let small = SmallServer()
        let plan = GatedPlan()
        try small.load("slow", plan)
        try small.load("table", .table, .int64, dimensions: [1])
        try small.host.load(
            ensemble: [1],
            EnsembleConfiguration.make(
                "e", [step("slow", "x", "y"), step("table", "i", "j")], inputs: ["x", "i"], outputs: ["y", "j"]
            ) {
                $0.inputs[1] = TensorSpecification(name: "i", datatype: .int64, dimensions: [1])
                $0.outputs[1] = TensorSpecification(name: "j", datatype: .int64, dimensions: [1])
            })
        let place = RequestInput(name: "i", tensor: try Tensor([Int64(9)], shape: [1, 1]))
        let request = try SmallServer.request("e", 1) { $0.inputs.append(place) }
        let error = await #expect(throws: ServingError.self) { try await small.server.infer(request) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasPrefix("[request id: r] in ensemble 'e', step 1 (model 'table'): ") ?? false)
        plan.letOneGo()
        let statistics = try small.server.statistics("e", version: nil)[0]
        #expect(statistics.success.count == 0)
        #expect(statistics.fail.count == 1)
        #expect(small.host.metrics.instrument(InferenceMetrics.failure, "e", "1", "BACKEND").value == 1)
    }

    @Test("Cancelling a request to an ensemble cancels its step, and frees what it held")
    func cancels() async throws {
        let small = SmallServer()
        let plan = GatedPlan()
        try small.load("m", plan)
        try load(small, [step("m", "x", "y")])
        var runs = plan.runs.makeAsyncIterator()
        let task = Task { try await small.server.infer(SmallServer.request("e", 1)) }
        #expect(await runs.next() == 1)
        task.cancel()
        let error = await #expect(throws: ServingError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(small.host.requestCount == 0)
        #expect(small.host.metrics.instrument(InferenceMetrics.failure, "m", "1", "CANCELED").value == 1)
        #expect(small.host.metrics.instrument(InferenceMetrics.failure, "e", "1", "CANCELED").value == 1)
        plan.letOneGo()
    }

    @Test("Priority, time-out and deadline reach the queues of the steps")
    func passesOn() async throws {
        let small = SmallServer(clock: .manual())
        let plan = GatedPlan()
        try small.load("m", plan, maxBatchSize: 1) {
            $0.batching?.priorityLevels = 2
            $0.batching?.defaultPriority = 2
            $0.batching?.queuePolicy.allowsTimeoutOverride = true
        }
        try load(small, [step("m", "x", "y")]) { $0.maxBatchSize = 1 }
        var runs = plan.runs.makeAsyncIterator()
        async let first = small.server.infer(SmallServer.request("e", 1))
        #expect(await runs.next() == 1)
        async let second = small.server.infer(SmallServer.request("e", 2))
        await small.waitForQueue("m", 1)
        async let third = small.server.infer(SmallServer.request("e", 3) { $0.priority = 1 })
        await small.waitForQueue("m", 2)
        let late = Task { try await small.server.infer(SmallServer.request("e", 4) { $0.timeout = .seconds(1) }) }
        await small.waitForQueue("m", 3)
        small.clock.advance(by: .seconds(2))
        let error = await #expect(throws: ServingError.self) { try await late.value }
        #expect(error?.message.hasSuffix("Request timeout expired") ?? false)
        plan.letOneGo()
        #expect(await runs.next() == 1)
        await small.waitForQueue("m", 1)
        plan.letOneGo()
        #expect(try await values(third) == [3, 3])
        plan.letOneGo()
        _ = try await (first, second)
    }

    @Test("An ensemble's answers are kept until one of its models is loaded anew")
    func caches() async throws {
        let small = SmallServer { $0.responseCacheBytes = 1 << 20 }
        try small.load("m", .doubling)
        try load(small, [step("m", "x", "y")]) { $0.usesResponseCache = true }
        for _ in 0..<3 { _ = try await small.server.infer(SmallServer.request("e", 1)) }
        let statistics = try small.server.statistics("e", version: nil)[0]
        #expect(statistics.cacheHit.count == 2)
        #expect(statistics.cacheMiss.count == 1)
        #expect(statistics.success.count == 3)
        #expect(statistics.executionCount == 1)
        #expect(try small.server.statistics("m", version: nil)[0].executionCount == 1)
        try small.load("m", .multiplying(by: 3))
        #expect(try await values(small.server.infer(SmallServer.request("e", 1))) == [3, 3])
    }

    @Test("A request counts towards the server's limits once, however many steps it has, and steps end in a shutdown")
    func admits() async throws {
        let small = SmallServer { $0.maximumRequests = 1 }
        let plan = GatedPlan()
        try small.load("a", .doubling)
        try small.load("b", plan)
        try small.load("c", .doubling)
        try load(small, [step("a", "x", "t"), step("b", "t", "u"), step("c", "u", "y")])
        var runs = plan.runs.makeAsyncIterator()
        async let answer = small.server.infer(SmallServer.request("e", 1))
        #expect(await runs.next() == 1)
        let error = await #expect(throws: ServingError.self) {
            try await small.server.infer(SmallServer.request("e", 1))
        }
        #expect(error?.code == .resourceExhausted)
        small.server.beginShutdown()
        plan.letOneGo()
        #expect(try await values(answer) == [4, 4])
        #expect(small.host.requestCount == 0)
    }

    @Test("Classes have the names of the model that gives them, and an optional input may be left out")
    func labels() async throws {
        let small = SmallServer()
        try small.load("m", .doubling) { $0.outputs[0].labels = ["cat", "dog"] }
        try load(small, [step("m", "x", "y")])
        let response = try await small.server.infer(
            SmallServer.request("e", 1) { $0.outputs = [RequestedOutput(name: "y", classificationCount: 1)] })
        #expect(response.outputs[0].tensor.strings == ["2.000000:0:cat"])
        let error = await #expect(throws: ServingError.self) {
            try await small.server.infer(SmallServer.request("e", 1) { $0.inputs = [] })
        }
        #expect(error?.message.contains("missing required input(s) ['x']") ?? false)
    }
}
