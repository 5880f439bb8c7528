// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors
import Testing

@Suite struct EnsembleRunTests {
    /// Random flows: every step reads some tensors that are there already and writes one or two of its own.
    private struct Flow {
        var configuration: ModelConfiguration
        var graph: EnsembleGraph

        init(_ random: inout BatcherPropertyTests.Random) throws {
            var tensors = ["i0", "i1"]
            var unread = Set(tensors)
            var steps: [EnsemblePlan.Step] = []
            for index in 0..<Int.random(in: 2...9, using: &random) {
                var inputs: [String: String] = [:]
                for port in 0..<Int.random(in: 1...3, using: &random) {
                    let name = tensors.randomElement(using: &random) ?? "i0"
                    inputs["in\(port)"] = name
                    unread.remove(name)
                }
                if index < 2 { inputs["extra"] = "i\(index)" }
                if index < 2 { unread.remove("i\(index)") }
                var outputs: [String: String] = [:]
                for port in 0..<Int.random(in: 1...2, using: &random) { outputs["out\(port)"] = "t\(index).\(port)" }
                tensors += outputs.values.sorted()
                unread.formUnion(outputs.values)
                steps.append(EnsemblePlan.Step(model: "m\(index)", version: -1, inputs: inputs, outputs: outputs))
            }
            configuration = EnsembleConfiguration.make(
                "e", steps.shuffled(using: &random), inputs: ["i0", "i1"], outputs: unread.sorted())
            graph = try EnsembleGraph(configuration)
        }
    }

    @Test("Every needed step runs once, after what it reads, whatever the order of ending", arguments: 0..<200)
    func holds(seed: UInt64) throws {
        var random = BatcherPropertyTests.Random(state: seed)
        let flow = try Flow(&random)
        let (graph, steps) = (flow.graph, flow.configuration.ensemble?.steps ?? [])
        let wanted = graph.outputs.filter { _ in Bool.random(using: &random) }
        let isNeeded = graph.steps(for: wanted)
        let one = try Tensor(scalar: Float(1))
        var run = EnsembleRun(graph, inputs: [one, one], wanted: wanted)
        var running: [(step: Int, outputs: [String])] = []
        var (begun, written): (Set<Int>, Set<String>) = ([], ["i0", "i1"])
        while !run.isDone {
            if let next = run.ready.randomElement(using: &random), running.isEmpty || Bool.random(using: &random) {
                #expect(!begun.contains(next), "a step begins twice")
                #expect(isNeeded[next])
                let outputs = run.outputs(of: next).map(\.name)
                #expect(!outputs.isEmpty)
                let inputs = run.begin(next)
                #expect(inputs.count == steps[next].inputs.count)
                #expect(steps[next].inputs.values.allSatisfy(written.contains))
                begun.insert(next)
                running.append((next, outputs))
            } else {
                try #require(!running.isEmpty, "nothing runs and nothing is ready")
                let (step, outputs) = running.remove(at: Int.random(in: running.indices, using: &random))
                for output in outputs { written.insert(steps[step].outputs[output] ?? "") }
                run.finish(step, outputs.map { ResponseOutput(name: $0, datatype: .float32, tensor: one) })
            }
        }
        #expect(begun == Set(isNeeded.indices.filter { isNeeded[$0] }))
        #expect(wanted.allSatisfy { run.value($0) != nil })
        let left = graph.tensors.indices.filter { run.value($0) != nil && !wanted.contains($0) }
        #expect(left.isEmpty, "tensors outlive their last reader: \(left.map { graph.tensors[$0] })")
    }

    @Test("A tensor is let go of when its last reader has begun")
    func letsGo() throws {
        let configuration = EnsembleConfiguration.make(
            "e", [EnsembleConfiguration.step("m", "x", "t"), EnsembleConfiguration.step("n", "t", "y")])
        let graph = try EnsembleGraph(configuration)
        var run = EnsembleRun(graph, inputs: [try Tensor(scalar: Float(1))], wanted: graph.outputs)
        #expect(run.ready == [0])
        #expect(run.begin(0).map(\.name) == ["x"])
        #expect(run.value(0) == nil)
        run.finish(0, [ResponseOutput(name: "y", datatype: .float32, tensor: try Tensor(scalar: Float(2)))])
        #expect(run.ready == [1])
        _ = run.begin(1)
        #expect(graph.tensors.indices.allSatisfy { run.value($0) == nil })
        #expect(!run.isDone)
        run.finish(1, [ResponseOutput(name: "y", datatype: .float32, tensor: try Tensor(scalar: Float(3)))])
        #expect(run.isDone)
        #expect(run.value(graph.outputs[0]) != nil)
    }
}
