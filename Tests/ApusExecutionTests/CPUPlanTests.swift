// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors
import Testing

@Suite struct CPUPlanTests {
    private let options = PlanOptions(
        workers: WorkerPool(threadCount: 1), catalogue: Catalogue(standardOperators + CPUBackend.operators))

    private func graph(_ nodes: [Node], outputs: [String]) throws -> Graph {
        var graph = Graph(
            inputs: [Value("x", .tensor(.float32, [Dimension(symbol: "N")]))],
            outputs: outputs.map { Value($0, .unknown) }, opsets: ["": 18])
        for var node in nodes {
            try options.catalogue.resolve(&node)
            graph.nodes.append(node)
        }
        return graph
    }

    private func node(_ name: String, _ inputs: [String], _ output: String) -> Node {
        Node(name, opset: 18, name: "\(name)_\(output)", inputs: inputs, outputs: [output])
    }

    @Test("Steps run in order and outputs come in the graph's order")
    func runsSteps() throws {
        let graph = try graph([node("Neg", ["x"], "a"), node("Add", ["a", "a"], "b")], outputs: ["b", "a"])
        let session = try CPUPlan(graph, options: options).makeSession()
        let results = try session.run([.tensor(try Tensor([1, 2] as [Float], shape: [2]))])
        #expect(try results[0].tensor?.array(of: Float.self) == [-2, -4])
        #expect(try results[1].tensor?.array(of: Float.self) == [-1, -2])
    }

    @Test("An output the caller keeps is not overwritten by later runs")
    func keepsOutputs() throws {
        let graph = try graph([node("Neg", ["x"], "a"), node("Neg", ["a"], "b")], outputs: ["b"])
        let session = try CPUPlan(graph, options: options).makeSession()
        var kept: [Tensor] = []
        for value in 0..<4 {
            let input = try Tensor([Float](repeating: Float(value), count: 64), shape: [64])
            kept.append(try #require(try session.run([.tensor(input)])[0].tensor))
        }
        for (value, tensor) in kept.enumerated() {
            #expect(try tensor.array(of: Float.self).allSatisfy { $0 == Float(value) })
        }
    }

    @Test("A wrong element type or size names the input, what was expected and what came")
    func checksInputs() throws {
        var graph = try graph([node("Neg", ["x"], "a")], outputs: ["a"])
        graph.inputs[0].type = .tensor(.float32, [2])
        let session = try CPUPlan(graph, options: options).makeSession()
        let wrongType = try Tensor([1, 2] as [Double], shape: [2])
        let typeError = #expect(throws: RunError.self) { try session.run([.tensor(wrongType)]) }
        #expect(typeError?.description == "elementType: input 'x' is f64[2], expected f32[2]")
        let wrongSize = try Tensor([1] as [Float], shape: [1])
        let sizeError = #expect(throws: RunError.self) { try session.run([.tensor(wrongSize)]) }
        #expect(sizeError?.description == "shape: input 'x' is f32[1], expected f32[2]")
    }

    @Test("A refusal names the node, the operator and the opset")
    func placesErrors() throws {
        let graph = try graph([node("Trilu", ["x"], "a")], outputs: ["a"])
        let session = try CPUPlan(graph, options: options).makeSession()
        let error = #expect(throws: RunError.self) {
            try session.run([.tensor(try Tensor([1] as [Float], shape: [1]))])
        }
        #expect(error?.place?.description == "Trilu (opset 18), node 'Trilu_a'")
        #expect(error?.cause.code == .shape)
    }

    @Test("A name nobody makes is refused when the plan is made")
    func refusesDanglingNames() throws {
        let graph = try graph([node("Neg", ["y"], "a")], outputs: ["a"])
        #expect(throws: PlanError.self) { try CPUPlan(graph, options: options) }
    }

    @Test("A run that is cancelled ends between steps with code cancelled")
    func cancels() throws {
        let graph = try graph([node("Neg", ["x"], "a"), node("Neg", ["a"], "b")], outputs: ["b"])
        let session = try CPUPlan(graph, options: options).makeSession()
        session.isCancelled = { true }
        let error = #expect(throws: RunError.self) {
            try session.run([.tensor(try Tensor([1] as [Float], shape: [1]))])
        }
        #expect(error?.cause.code == .cancelled)
    }

    @Test("A memory limit ends a run with code limit")
    func limitsMemory() throws {
        let graph = try graph([node("Neg", ["x"], "a")], outputs: ["a"])
        var limited = options
        limited.budget = MemoryBudget(limitBytes: 1024)
        let session = try CPUPlan(graph, options: limited).makeSession()
        let error = #expect(throws: RunError.self) {
            try session.run([.tensor(try Tensor([Float](repeating: 0, count: 4096), shape: [4096]))])
        }
        #expect(error?.cause.code == .limit)
    }

    @Test("A profile has one entry for each step")
    func profiles() throws {
        let graph = try graph([node("Neg", ["x"], "a"), node("Neg", ["a"], "b")], outputs: ["b"])
        let session = try CPUPlan(graph, options: options).makeSession()
        session.isProfiling = true
        _ = try session.run([.tensor(try Tensor([1] as [Float], shape: [1]))])
        #expect(session.profile?.entries.map(\.place.node) == ["Neg_a", "Neg_b"])
    }
}
