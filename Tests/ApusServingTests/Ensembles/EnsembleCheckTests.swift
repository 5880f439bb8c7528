// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors
import Testing

@Suite struct EnsembleCheckTests {
    private static func step(_ model: String, _ input: String, _ output: String) -> EnsemblePlan.Step {
        EnsembleConfiguration.step(model, input, output)
    }

    /// Steps that do not flow, with what is said of them.
    private static let flows: [([EnsemblePlan.Step], String)] = [
        ([], "the ensemble has no steps"),
        ([step("", "x", "y")], "step 0 names no model"),
        (
            [step("m", "z", "y")],
            "step 0 (model 'm') reads tensor 'z' into 'x', which no step writes and the ensemble does not take"
        ),
        ([step("m", "z", "y")], "no step reads the ensemble's input 'x'"),
        (
            [step("m", "x", "y"), step("n", "x", "y")],
            "step 1 (model 'n') writes tensor 'y' and step 0 (model 'm') writes it too, expected one writer"
        ),
        ([step("m", "x", "x")], "step 0 (model 'm') writes tensor 'x', which is an input of the ensemble"),
        ([step("m", "x", "t")], "no step writes the ensemble's output 'y'"),
        (
            [step("m", "x", "y"), step("n", "x", "t")],
            "step 1 (model 'n') writes tensor 't', which no step reads and the ensemble does not give"
        ),
        (
            [step("m", "x", "y"), step("a", "u", "t"), step("b", "t", "u")],
            "steps wait for each other in a circle: step 1 (model 'a'), step 2 (model 'b')"
        ),
        (
            [EnsemblePlan.Step(model: "m", version: -5, inputs: [:], outputs: ["y": "y"])],
            "step 0 (model 'm') asks for version -5; step 0 (model 'm') reads no tensor"
        ),
    ]

    @Test("Steps that do not flow into each other are refused with step and tensor", arguments: flows.indices)
    func flow(_ index: Int) {
        let (steps, expected) = Self.flows[index]
        let error = #expect(throws: ServingError.self) {
            try EnsembleGraph(EnsembleConfiguration.make("e", steps))
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(expected) ?? false, "\(error?.message ?? "")")
    }

    private struct Case: Sendable {
        var steps: [EnsemblePlan.Step] = [step("m", "x", "y")]
        var change: @Sendable (inout ModelConfiguration) -> Void = { _ in }
        var expected: String
    }

    /// Ensembles that do not fit their models, with what is said of them.
    private static let cases: [Case] = [
        Case(
            change: { $0.outputs[0].datatype = .int32 },
            expected: "tensor 'y': the ensemble gives as output INT32 [-1,2], but step 0 (model 'm') writes from 'y' "
                + "FP32 [-1,2]"),
        Case(
            change: { $0.inputs[0].dimensions = [3] },
            expected: "tensor 'x': step 0 (model 'm') takes at 'x' FP32 [-1,2], but the ensemble's input is FP32 "
                + "[-1,3]"),
        Case(
            change: { $0.maxBatchSize = 9 },
            expected: "step 0 (model 'm'): the ensemble takes batches of 9, but the model's max_batch_size is 8"),
        Case(
            steps: [step("m", "x", "t"), step("whole", "t", "y")], change: { $0.maxBatchSize = 0 },
            expected: "tensor 't': step 1 (model 'whole') takes at 'x' FP32 [2], but step 0 (model 'm') writes from "
                + "'y' FP32 [-1,2]"),
        Case(
            steps: [step("nobody", "x", "y")], expected: "step 0 (model 'nobody'): there is no model 'nobody'"),
        Case(
            steps: [EnsembleConfiguration.step("m", "x", "y", version: 4)],
            expected: "step 0 (model 'm'): version 4 of the model is not served, there are 1"),
        Case(
            steps: [EnsemblePlan.Step(model: "m", version: -1, inputs: ["z": "x"], outputs: ["w": "y"])],
            expected: "step 0 (model 'm'): tensor 'x' is mapped to input 'z', but the model takes 'x'; step 0 (model "
                + "'m'): tensor 'y' is mapped from output 'w', but the model gives 'y'; step 0 (model 'm'): no tensor "
                + "is mapped to the model's input 'x'"),
        Case(
            change: { $0.inputs[0].isOptional = true },
            expected: "tensor 'x' is an optional input of the ensemble, but step 0 (model 'm') needs it at 'x'"),
        Case(
            steps: [step("outer", "x", "y")],
            expected: "step 0 (model 'outer'): ensembles contain each other: e -> outer -> e"),
        Case(
            steps: [step("e", "x", "y")],
            expected: "step 0 (model 'e'): ensembles contain each other: e -> e"),
    ]

    @Test("What does not fit the models is refused with step, tensor, expected and actual", arguments: cases.indices)
    func fits(_ index: Int) async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        try small.load("whole", .multiplying(by: 2, [2]), maxBatchSize: 0)
        try small.host.load(ensemble: [1], EnsembleConfiguration.make("e", [Self.step("m", "x", "y")]))
        try small.host.load(ensemble: [1], EnsembleConfiguration.make("outer", [Self.step("e", "x", "y")]))
        let one = Self.cases[index]
        let error = #expect(throws: ServingError.self) {
            try small.host.load(ensemble: [2], EnsembleConfiguration.make("e", one.steps, one.change))
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(one.expected) ?? false, "\(error?.message ?? "")")
        // What was served goes on.
        #expect(try await small.server.infer(SmallServer.request("outer", 1)).outputs.count == 1)
    }

    @Test("A whole shape may begin with the batch of the models")
    func wholeShapes() async throws {
        let small = SmallServer()
        try small.load("m", .doubling)
        try small.host.load(
            ensemble: [1],
            EnsembleConfiguration.make("e", [Self.step("m", "x", "y")], maxBatchSize: 0) {
                $0.inputs[0].dimensions = [3, 2]
                $0.outputs[0].dimensions = [-1, 2]
            })
        let response = try await small.server.infer(SmallServer.request("e", 1, rows: 3))
        #expect(response.outputs[0].shape == [3, 2])
        #expect(try await small.server.modelMetadata("e", version: "").inputs[0].shape == [3, 2])
    }
}
