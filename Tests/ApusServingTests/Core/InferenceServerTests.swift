// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import ApusTensors
import Testing

@Suite struct InferenceServerTests {
    @Test("A request is answered with the model's outputs, version and the request's own name")
    func answers() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        let response = try await small.server.infer(SmallServer.request("m", 1.5, rows: 2))
        #expect(response.model == "m")
        #expect(response.version == "1")
        #expect(response.id == "r")
        #expect(response.outputs.map(\.name) == ["y"])
        #expect(response.outputs[0].datatype == .float32)
        #expect(response.outputs[0].shape == [2, 2])
        #expect(try response.outputs[0].tensor.array(of: Float.self) == [3, 3, 3, 3])
        #expect(response.times.compute > 0)
    }

    @Test("Requests at the same time get their own rows, as each would alone", arguments: [1, 2])
    func answersManyAtOnce(instances: Int) async throws {
        let small = SmallServer()
        try small.load("m", .doubling) { $0.instanceCount = instances }
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<16 {
                group.addTask {
                    var wrong = 0
                    for turn in 0..<50 {
                        let (value, rows) = (Float(client * 1_000 + turn), turn % 3 + 1)
                        let response = try await small.server.infer(SmallServer.request("m", value, rows: rows))
                        let expected = [Float](repeating: 2 * value, count: 2 * rows)
                        if try response.outputs[0].tensor.array(of: Float.self) != expected { wrong += 1 }
                    }
                    return wrong
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrong == 0)
        let statistics = try #require(try small.server.statistics("m", version: nil).first)
        #expect(statistics.success.count == 800)
        #expect(statistics.inferenceCount == 1_584)
        let sizes = statistics.batches.map(\.size)
        #expect(sizes == sizes.sorted())
        #expect(sizes.allSatisfy { (1...8).contains($0) })
        #expect(statistics.batches.reduce(0) { $0 + $1.computeInfer.count } == statistics.executionCount)
        #expect(small.host.requestCount == 0)
    }

    @Test("A cheap request has ended when it was begun, on the thread that began it")
    func runsHere() async throws {
        // By a clock that stands still every run is cheap, once one was measured.
        let small = SmallServer(clock: .manual())
        try small.load("m", .doubling)
        _ = try await small.server.infer(SmallServer.request("m", 1))
        let answers = Lock<[Float]>([])
        for turn in 0..<20 {
            let request = try SmallServer.request("m", Float(turn))
            small.server.begin(request, PendingInference(), hop: { $0() }) { result in
                let value = try? result.get().outputs[0].tensor.array(of: Float.self).first
                answers.withLock { $0.append(value ?? -1) }
            }
            #expect(answers.withLock { $0.last } == Float(2 * turn))
        }
        #expect(small.host.requestCount == 0)
        #expect(try small.server.statistics("m", version: nil).first?.success.count == 21)
    }

    @Test("A request that is taken back before or after it waits is cancelled, and one that ended is not")
    func takenBack() async throws {
        let small = SmallServer()
        let plan = GatedPlan()
        try small.load("m", plan)
        var runs = plan.runs.makeAsyncIterator()
        let (results, continuation) = AsyncStream<Result<InferenceResponse, ServingError>>.makeStream()
        let request = try SmallServer.request("m", 1)
        func begin(_ pending: PendingInference) {
            small.server.begin(request, pending, hop: { $0() }) { continuation.yield($0) }
        }
        let early = PendingInference()
        early.cancel()
        begin(early)
        var iterator = results.makeAsyncIterator()
        #expect(await iterator.next()?.cancelled == true)
        let running = PendingInference()
        begin(running)
        _ = await runs.next()
        let waiting = PendingInference()
        begin(waiting)
        waiting.cancel()
        #expect(await iterator.next()?.cancelled == true)
        plan.letOneGo()
        #expect(await iterator.next()?.cancelled == false)
        running.cancel()
        #expect(small.host.requestCount == 0)
    }

    @Test("Requests that wait together run together, and each gets its rows without a copy of its own")
    func batches() async throws {
        let small = SmallServer()
        let plan = GatedPlan()
        try small.load("m", plan)
        var runs = plan.runs.makeAsyncIterator()
        async let first = small.server.infer(SmallServer.request("m", 1))
        #expect(await runs.next() == 1)
        async let second = small.server.infer(SmallServer.request("m", 2, rows: 2))
        await small.waitForQueue("m", 1)
        async let third = small.server.infer(SmallServer.request("m", 3))
        await small.waitForQueue("m", 2)
        plan.letOneGo()
        #expect(await runs.next() == 3)
        plan.letOneGo(3)
        let tensors = try await [first, second, third].map(\.outputs[0].tensor)
        #expect(try tensors.map { try $0.array(of: Float.self) } == [[1, 1], [2, 2, 2, 2], [3, 3]])
        #expect(tensors[1].storage === tensors[2].storage)
        let statistics = try #require(try small.server.statistics("m", version: "1").first)
        #expect(statistics.executionCount == 2)
        #expect(statistics.inferenceCount == 4)
        #expect(statistics.batches.map(\.size) == [1, 3])
        let text = small.server.metrics.exposition()
        #expect(text.contains("nv_inference_request_success{model=\"m\",version=\"1\"} 3\n"))
        #expect(text.contains("nv_inference_exec_count{model=\"m\",version=\"1\"} 2\n"))
        #expect(text.contains("apus_batches_closed_total{model=\"m\",version=\"1\",reason=\"immediate\"} 2\n"))
        #expect(text.contains("apus_batch_size_sum{model=\"m\",version=\"1\"} 4\n"))
        #expect(text.contains("nv_inference_compute_infer_duration_histogram_us_count{model=\"m\",version=\"1\"} 3\n"))
    }

    @Test("Where order is kept a response waits for those of requests that came before")
    func keepsOrder() async throws {
        let small = SmallServer()
        let plan = GatedPlan()
        try small.load("m", plan) {
            $0.instanceCount = 2
            $0.batching?.preservesOrder = true
        }
        var runs = plan.runs.makeAsyncIterator()
        async let first = small.server.infer(SmallServer.request("m", 1, rows: 1))
        #expect(await runs.next() == 1)
        async let second = small.server.infer(SmallServer.request("m", 2, rows: 2))
        #expect(await runs.next() == 2)
        plan.letOneGo(2)
        async let third = small.server.infer(SmallServer.request("m", 3, rows: 3))
        // The instance is free again, so the second request has run.
        #expect(await runs.next() == 3)
        let before = try small.server.statistics("m", version: nil)[0]
        #expect(before.executionCount == 1)
        #expect(before.success.count == 0)
        plan.letOneGo(1)
        _ = try await (first, second)
        plan.letOneGo(3)
        _ = try await third
        #expect(try small.server.statistics("m", version: nil)[0].success.count == 3)
    }

    @Test("A delay ends by the machine's clock")
    func endsDelays() async throws {
        let small = SmallServer()
        try small.load("m", .doubling) { $0.batching?.maximumDelay = .milliseconds(1) }
        let response = try await small.server.infer(SmallServer.request("m", 1))
        #expect(response.times.queue >= 1_000_000)
        #expect(small.host.metrics.instrument(SchedulingMetrics.closed, "m", "1", "delay").value == 1)
    }

    @Test("Statistics and metrics show the same times")
    func measuresOnce() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        for _ in 0..<3 { _ = try await small.server.infer(SmallServer.request("m", 1)) }
        let statistics = try #require(try small.server.statistics("m", version: nil).first)
        let infer = small.host.metrics.instrument(InferenceMetrics.inferDuration, "m", "1")
        #expect(infer.value == statistics.computeInfer.nanoseconds)
        let total = small.host.metrics.instrument(InferenceMetrics.requestDuration, "m", "1")
        #expect(total.value == statistics.success.nanoseconds)
        #expect(statistics.success.nanoseconds >= statistics.computeInfer.nanoseconds)
    }

    @Test("A bad request in a batch fails alone")
    func runsApart() async throws {
        let small = SmallServer()
        try small.load("m", .table, .int64, dimensions: [1]) { $0.batching?.maximumDelay = .seconds(100) }
        @Sendable func answer(_ place: Int64, rows: Int) async throws -> [Int64] {
            let tensor = try Tensor([Int64](repeating: place, count: rows), shape: Shape(rows, 1))
            let request = InferenceRequest(model: "m", inputs: [RequestInput(name: "x", tensor: tensor)])
            return try await small.server.infer(request).outputs[0].tensor.array(of: Int64.self)
        }
        async let good = answer(1, rows: 3)
        let bad = Task { try await answer(9, rows: 3) }
        async let fine = answer(2, rows: 2)
        #expect(try await good == [20, 20, 20])
        #expect(try await fine == [30, 30])
        let error = await #expect(throws: ServingError.self) { try await bad.value }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("model 'm'") == true)
        let statistics = try #require(try small.server.statistics("m", version: nil).first)
        #expect(statistics.success.count == 2)
        #expect(statistics.fail.count == 1)
    }

    @Test("Text goes through, and bytes that are no text are refused with the element")
    func carriesText() async throws {
        let small = SmallServer()
        try small.load("m", .text, .bytes, dimensions: [-1])
        let words = RequestInput(name: "x", bytes: try ByteStrings([[0x61], [0xc3, 0xa9]], shape: [1, 2]))
        let response = try await small.server.infer(InferenceRequest(model: "m", inputs: [words]))
        #expect(response.outputs[0].datatype == .bytes)
        #expect(response.outputs[0].tensor.strings == ["a", "é"])
        let bytes = RequestInput(name: "x", bytes: try ByteStrings([[0x61], [0xff]], shape: [1, 2]))
        let error = await #expect(throws: ServingError.self) {
            try await small.server.infer(InferenceRequest(model: "m", inputs: [bytes]))
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("input 'x'") == true)
        #expect(error?.message.contains("element 1 ") == true)
    }

    @Test("Outputs may be asked for as classes")
    func classifies() async throws {
        let small = SmallServer()
        try small.load("m", .doubling) { $0.outputs[0].labels = ["cat", "dog"] }
        let tensor = try Tensor([1, 2, 4, 3] as [Float], shape: [2, 2])
        var request = InferenceRequest(model: "m", inputs: [RequestInput(name: "x", tensor: tensor)])
        request.outputs = [RequestedOutput(name: "y", classificationCount: 1)]
        let output = try await small.server.infer(request).outputs[0]
        #expect(output.datatype == .bytes)
        #expect(output.shape == [2, 1])
        #expect(output.tensor.strings == ["4.000000:1:dog", "8.000000:0:cat"])
    }

    @Test("A model that does not batch takes whole shapes")
    func takesWholeShapes() async throws {
        let small = SmallServer()
        try small.load("m", .doubling, dimensions: [-1, 2], maxBatchSize: 0)
        let response = try await small.server.infer(SmallServer.request("m", 2, rows: 100))
        #expect(response.outputs[0].shape == [100, 2])
        #expect(try await small.server.modelMetadata("m", version: "").inputs[0].shape == [-1, 2])
    }

    @Test("Metadata, configuration and readiness know the versions")
    func describes() async throws {
        let small = SmallServer()
        try small.load("m", .doubling, versions: [3, 1])
        let metadata = try await small.server.modelMetadata("m", version: "")
        #expect(metadata.versions == ["1", "3"])
        #expect(metadata.platform == "onnxruntime_onnx")
        #expect(metadata.inputs == [ModelMetadata.Port(name: "x", datatype: .float32, shape: [-1, 2])])
        #expect(try await small.server.modelMetadata("m", version: "1").versions == ["1"])
        #expect(try await small.server.infer(SmallServer.request("m", 1)).version == "3")
        #expect(try await small.server.infer(SmallServer.request("m", 1) { $0.version = "1" }).version == "1")
        #expect(try small.server.isReady("m", version: "3"))
        #expect(try !small.server.isReady("m", version: "2"))
        #expect(try !small.server.isReady("n", version: ""))
        #expect(small.server.repositoryIndex(onlyReady: true).map(\.version) == ["1", "3"])
        #expect(small.server.isReady)
        #expect(small.server.isLive)
    }

    @Test("Models and versions that are not there are said to be unknown")
    func refusesUnknown() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        func error(_ model: String, _ version: String) async -> ServingError? {
            await #expect(throws: ServingError.self) {
                try await small.server.infer(SmallServer.request(model, 1) { $0.version = version })
            }
        }
        let unknown = await error("n", "")
        #expect(unknown == ServingError(.notFound, "Request for unknown model: 'n' is not found"))
        let version = await error("m", "9")
        #expect(version == ServingError(.notFound, "Request for unknown model: 'm' version 9 is not found"))
        for text in ["x", "-1", "99999999999999999999"] {
            #expect(await error("m", text)?.code == .invalidArgument)
        }
        #expect(await error("m", "0")?.message == "Request for unknown model: 'm' version 0 is not found")
        small.host.unload("m")
        #expect(await error("m", "")?.message == "Request for unknown model: 'm' has no available versions")
        let statistics = #expect(throws: ServingError.self) { try small.server.statistics("n", version: nil) }
        #expect(statistics == ServingError(.invalidArgument, "requested model 'n' is not available"))
        #expect(!small.server.metrics.exposition().contains("model=\"m\""))
    }
}

extension Result where Success == InferenceResponse, Failure == ServingError {
    /// Whether a request was taken back.
    fileprivate var cancelled: Bool { if case .failure(let error) = self { error.code == .cancelled } else { false } }
}
