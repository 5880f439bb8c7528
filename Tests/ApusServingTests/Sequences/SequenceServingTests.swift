// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import ApusTensors
import Testing

@Suite struct SequenceServingTests {
    private func total(_ response: InferenceResponse) throws -> Float {
        try #require(try response.outputs.first?.tensor.array(of: Float.self).first)
    }

    private func whole(_ response: InferenceResponse, _ name: String) throws -> Int32 {
        let output = try #require(response.outputs.first { $0.name == name })
        return try #require(try output.tensor.array(of: Int32.self).first)
    }

    private func infer(
        _ small: SmallServer, _ value: Float, of id: SequenceMark.Identifier, start: Bool = false, end: Bool = false
    ) async throws -> InferenceResponse {
        try await small.server.infer(SequenceModel.request(value, of: id, start: start, end: end))
    }

    @Test("A sequence keeps its sum from request to request, apart from those of others, and is told where it stands")
    func keepsStates() async throws {
        let small = SmallServer()
        try SequenceModel.load(small)
        let first = try await infer(small, 1, of: .number(7), start: true)
        #expect(try total(first) == 1)
        #expect(try whole(first, "out_start") == 1)
        #expect(try whole(first, "out_end") == -1)
        #expect(try whole(first, "out_ready") == 1)
        let name = try #require(first.outputs.last).tensor
        #expect(try name.array(of: UInt64.self) == [7])
        #expect(try await total(infer(small, 10, of: .number(8), start: true)) == 10)
        #expect(try await total(infer(small, 2, of: .number(7))) == 3)
        #expect(try await total(infer(small, 20, of: .number(8))) == 30)
        let last = try await infer(small, 4, of: .number(7), end: true)
        #expect(try total(last) == 7)
        #expect(try whole(last, "out_start") == 0)
        #expect(try whole(last, "out_end") == 7)
        #expect(try await total(infer(small, 5, of: .number(7), start: true)) == 5)
        let metrics = small.host.metrics
        #expect(metrics.instrument(SequenceMetrics.active, "m", "1").value == 2)
        #expect(metrics.instrument(SequenceMetrics.started, "m", "1").value == 3)
        #expect(metrics.instrument(SequenceMetrics.ended, "m", "1", "end").value == 1)
    }

    @Test("A request without start, name, or with more than one row is refused as Triton refuses it")
    func refuses() async throws {
        let small = SmallServer()
        try SequenceModel.load(small)
        func message(_ request: InferenceRequest) async -> String? {
            let error = await #expect(throws: ServingError.self) { try await small.server.infer(request) }
            #expect(error?.code == .invalidArgument)
            return error?.message
        }
        #expect(
            await message(try SequenceModel.request(1, of: .number(7)))
                == "[request id: r] inference request for sequence 7 to model 'm' must specify the START flag on the "
                + "first request of the sequence")
        #expect(
            await message(try SmallServer.request("m", 1))
                == "[request id: r] inference request to model 'm' must specify a non-zero or non-empty correlation ID")
        let mark = SequenceMark(id: .number(1), isStart: true)
        #expect(
            await message(try SmallServer.request("m", 1, rows: 2) { $0.sequence = mark })
                == "[request id: r] inference request to model 'm' must specify batch-size 1 due to requirements of "
                + "sequence batcher")
        #expect(
            await message(try SequenceModel.request(1, of: .text("a"), start: true))
                == "[request id: r] inference request to model 'm' has the correlation ID a, expected UINT64 as its "
                + "input 'name' is")
        #expect(
            await message(
                try SequenceModel.request(1, of: .number(1), start: true).with { request in
                    request.inputs.append(RequestInput(name: "start", tensor: request.inputs[0].tensor))
                })?.contains("unexpected inference input 'start'") ?? false)
        #expect(small.host.requestCount == 0)
        #expect(small.host.metrics.instrument(InferenceMetrics.failure, "m", "1", "OTHER").value == 1)
    }

    @Test(
        "The name of a sequence comes in the type of the model's input",
        arguments: [
            (Datatype.int32, 6 as UInt64, SequenceMark.Identifier.number(7), true),
            (.int64, 7, .number(7), true), (.uint32, 12, .number(7), true), (.bytes, 8, .text("seven"), true),
            (.bytes, 8, .number(7), true), (.int32, 6, .number(1 << 31), false), (.int64, 7, .number(.max), false),
            (.uint32, 12, .text("7"), false),
        ])
    func names(_ datatype: Datatype, _ type: UInt64, _ id: SequenceMark.Identifier, _ isTaken: Bool) async throws {
        let small = SmallServer()
        try SequenceModel.load(small, SequenceModel.policy(name: datatype), type: type)
        guard isTaken else {
            await #expect(throws: ServingError.self) { try await infer(small, 1, of: id, start: true) }
            return
        }
        let response = try await infer(small, 1, of: id, start: true)
        let tensor = try #require(response.outputs.last).tensor
        let text: String =
            switch datatype {
            case .int32: try String(tensor.array(of: Int32.self)[0])
            case .int64: try String(tensor.array(of: Int64.self)[0])
            case .uint32: try String(tensor.array(of: UInt32.self)[0])
            default: tensor.strings[0]
            }
        #expect(text == (id == .text("seven") ? "seven" : "7"))
    }

    @Test("Many sequences at one time get their own sums", arguments: [1, 2])
    func manyAtOnce(instances: Int) async throws {
        let small = SmallServer()
        var policy = BatchPolicy()
        policy.preferredSizes = [4]
        try SequenceModel.load(small, SequenceModel.policy(.oldest(maximumSequences: 6, policy: policy))) {
            $0.instanceCount = instances
        }
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 1...24 {
                group.addTask {
                    var wrong = 0
                    for round in 0..<4 {
                        for turn in 0..<10 {
                            let request = try SequenceModel.request(
                                Float(client), of: .number(UInt64(client * 10 + round)), start: turn == 0,
                                end: turn == 9)
                            let sum = try await small.server.infer(request).outputs[0].tensor.array(of: Float.self)[0]
                            if sum != Float(client * (turn + 1)) { wrong += 1 }
                        }
                    }
                    return wrong
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrong == 0)
        let statistics = try #require(try small.server.statistics("m", version: nil).first)
        #expect(statistics.success.count == 960)
        #expect(statistics.executionCount < 960, "sequences share batches")
        #expect(small.host.metrics.instrument(SequenceMetrics.active, "m", "1").value == 0)
        #expect(small.host.metrics.instrument(SequenceMetrics.ended, "m", "1", "end").value == 96)
        #expect(small.host.requestCount == 0)
    }

    @Test("States of sequences that run together again are not copied")
    func copiesNothing() async throws {
        let small = SmallServer()
        var policy = SequenceModel.policy(.direct(maximumDelay: .seconds(100), minimumUtilization: 1))
        policy.controls = []
        try small.load("m", SequenceModel.plain, maxBatchSize: 2) {
            $0.batching = nil
            $0.sequenceBatching = policy
            $0.outputs = [TensorSpecification(name: "total", datatype: .float32, dimensions: [2])]
        }
        let copied = small.host.metrics.instrument(MemoryMetrics.copiedBytes, "m", "1")
        for turn in 0..<5 {
            let before = copied.value
            async let first = small.server.infer(SequenceModel.request(1, of: .number(1), start: turn == 0))
            async let second = small.server.infer(SequenceModel.request(2, of: .number(2), start: turn == 0))
            #expect(try await total(first) == Float(turn + 1))
            #expect(try await total(second) == Float(2 * (turn + 1)))
            // Two inputs of eight bytes; before the first run two states that are the same zeros.
            #expect(copied.value - before == (turn == 0 ? 32 : 16))
        }
    }

    @Test("A sequence without a request is over when its time is, by the clock of the server")
    func dropsIdle() async throws {
        let small = SmallServer(clock: .manual())
        var policy = SequenceModel.policy()
        policy.maximumIdle = .seconds(5)
        try SequenceModel.load(small, policy)
        _ = try await infer(small, 1, of: .number(1), start: true)
        small.clock.advance(by: .seconds(4))
        #expect(try await total(infer(small, 1, of: .number(1))) == 2)
        let idle = small.host.metrics.instrument(SequenceMetrics.ended, "m", "1", "idle")
        small.clock.advance(by: .seconds(6))
        while idle.value == 0 { await Task.yield() }
        let error = await #expect(throws: ServingError.self) { try await infer(small, 1, of: .number(1)) }
        #expect(error?.message.contains("must specify the START flag") ?? false)
    }

    @Test("A reload ends the sequences under way, and the new version knows none of them")
    func reloads() async throws {
        let small = SmallServer()
        try SequenceModel.load(small)
        _ = try await infer(small, 1, of: .number(1), start: true)
        try SequenceModel.load(small)
        let error = await #expect(throws: ServingError.self) { try await infer(small, 1, of: .number(1)) }
        #expect(error?.message.contains("must specify the START flag") ?? false)
        #expect(try await total(infer(small, 3, of: .number(1), start: true)) == 3)
        small.host.unload("m")
        let gone = await #expect(throws: ServingError.self) { try await infer(small, 1, of: .number(1)) }
        #expect(gone?.code == .notFound)
    }

    @Test("A request that fails leaves the state as it was")
    func fails() async throws {
        let small = SmallServer()
        // The state is the place in a table, which has three.
        var model = SmallModel.table
        model.nodes = [
            SmallModel.node("Add", ["x", "before"], ["after"]), SmallModel.node("Gather", ["table", "after"], ["y"]),
        ]
        model.inputs.append(SmallModel.value("before", 7, ["N", 1]))
        model.outputs.append(SmallModel.value("after", 7, ["N", 1]))
        try small.load("m", model, .int64, dimensions: [1]) {
            $0.batching = nil
            var policy = SequenceModel.patient
            policy.states = [SequencePolicy.State(input: "before", output: "after", datatype: .int64, dimensions: [1])]
            $0.sequenceBatching = policy
        }
        func move(_ steps: Int64, start: Bool = false) async throws -> [Int64] {
            let tensor = try Tensor([steps], shape: [1, 1])
            var request = InferenceRequest(model: "m", inputs: [RequestInput(name: "x", tensor: tensor)])
            request.sequence = SequenceMark(id: .number(1), isStart: start)
            return try await small.server.infer(request).outputs[0].tensor.array(of: Int64.self)
        }
        #expect(try await move(1, start: true) == [20])
        await #expect(throws: ServingError.self) { try await move(9) }
        #expect(try await move(1) == [30])
    }

    @Test(
        "What does not fit the model is refused when it is loaded, by name",
        arguments: [
            (["start": "begin"], "the model has no control input 'begin', there are 'x', 'before', 'start'"),
            (["before": "x2"], "the model has no state input 'x2'"),
            (
                ["sum": "out_start"],
                "state output 'out_start': the configuration says TYPE_FP32, the model has TYPE_INT32"
            ),
            (["start": "x"], "control input 'x': the configuration says TYPE_INT32, the model has TYPE_FP32"),
        ])
    func misfits(_ change: [String: String], _ expected: String) throws {
        let small = SmallServer()
        var policy = SequenceModel.policy()
        for (old, new) in change {
            for index in policy.controls.indices where policy.controls[index].input == old {
                policy.controls[index].input = new
            }
            if policy.states[0].input == old { policy.states[0].input = new }
            if policy.states[0].output == old { policy.states[0].output = new }
        }
        let error = #expect(throws: ServingError.self) { try SequenceModel.load(small, policy) }
        #expect(error?.message.contains(expected) ?? false, "\(error?.message ?? "")")
    }

    @Test("A step of an ensemble may keep sequences, also where the ensemble keeps answers")
    func inEnsemble() async throws {
        let small = SmallServer { $0.responseCacheBytes = 1 << 20 }
        try SequenceModel.load(small)
        try small.load("double", .doubling)
        let steps = [
            EnsembleConfiguration.step("double", "x", "t"),
            EnsemblePlan.Step(model: "m", version: -1, inputs: ["x": "t"], outputs: ["total": "y"]),
        ]
        try small.host.load(
            ensemble: [1],
            EnsembleConfiguration.make("e", steps) {
                $0.maxBatchSize = 4
                $0.usesResponseCache = true
            })
        for turn in 1...3 {
            let request = try SmallServer.request("e", 1) {
                $0.sequence = SequenceMark(id: .number(3), isStart: turn == 1)
            }
            #expect(try await total(small.server.infer(request)) == Float(2 * turn))
        }
    }
}

extension InferenceRequest {
    fileprivate func with(_ change: (inout InferenceRequest) -> Void) -> InferenceRequest {
        var request = self
        change(&request)
        return request
    }
}

extension RequestInput {
    fileprivate var tensor: Tensor {
        guard case .tensor(let tensor) = data else { preconditionFailure("no tensor") }
        return tensor
    }
}
