// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors
import Testing

@Suite struct MemoryPlanTests {
    private let options = PlanOptions(
        workers: WorkerPool(threadCount: 1), catalogue: Catalogue(standardOperators + CPUBackend.operators))

    /// `count` additions in a row, some of them seen through other shapes; every fourth value is kept to the end.
    private func plan(_ type: ValueType, _ count: Int) throws -> CPUPlan {
        var graph = Graph(
            inputs: [Value("x", type)], outputs: [Value("y", .unknown), Value("early", .unknown)],
            constants: ["flat": try Tensor([-1] as [Int64], shape: [1]), "sums": try Tensor([Float(1)], shape: [1])],
            opsets: ["": 18])
        var source = "x"
        var kept: [String] = []
        for index in 0..<count {
            let made = "v\(index)"
            let isView = index % 5 == 3
            let node = Node(
                isView ? "Reshape" : "Add", opset: 18, name: made, inputs: [source, isView ? "flat" : "sums"],
                outputs: [made])
            graph.nodes.append(node)
            graph.types[made] = isView ? .tensor(.float32, [type.dimensions?.first ?? .unknown]) : type
            if index % 4 == 0 { kept.append(made) }
            source = made
        }
        graph.nodes.append(Node("Sum", opset: 18, name: "y", inputs: kept + [source], outputs: ["y"]))
        graph.nodes.append(Node("Identity", opset: 18, name: "early", inputs: ["v2"], outputs: ["early"]))
        for index in graph.nodes.indices { try options.catalogue.resolve(&graph.nodes[index]) }
        return try CPUPlan(graph, options: options)
    }

    private func check(_ outputs: [Datum], _ count: Int, _ start: Float) throws {
        var sum: Float = 0
        var value = start
        for index in 0..<count {
            if index % 5 != 3 { value += 1 }
            if index % 4 == 0 { sum += value }
        }
        let y = try #require(outputs[0].tensor)
        let early = try #require(outputs[1].tensor)
        #expect(try y.array(of: Float.self).allSatisfy { $0 == sum + value })
        #expect(try early.array(of: Float.self).allSatisfy { $0 == start + 3 })
    }

    @Test("Values share memory only while they are not alive together, and outputs that are kept stay as they were")
    func results() throws {
        let session = try plan(.tensor(.float32, [100]), 23).makeSession()
        var kept: [[Datum]] = []
        for round in 0..<4 {
            kept.append(
                try session.run([.tensor(try Tensor([Float](repeating: Float(round), count: 100), shape: [100]))]))
        }
        for (round, outputs) in kept.enumerated() { try check(outputs, 23, Float(round)) }
    }

    @Test("Sizes that the inputs give are planned for, also when they change")
    func dynamic() throws {
        let session = try plan(.tensor(.float32, [Dimension(symbol: "N")]), 12).makeSession()
        for (round, size) in [10, 10, 1000, 1000, 1000, 3, 10, 10].enumerated() {
            let input = try Tensor([Float](repeating: Float(round), count: size), shape: [size])
            try check(try session.run([.tensor(input)]), 12, Float(round))
        }
    }

    @Test("Sizes that are about the same share a plan, those that return find theirs, and memory does not pile up")
    func buckets() throws {
        let plan = try plan(.tensor(.float32, [Dimension(symbol: "N")]), 12)
        let session = plan.makeSession()
        func run(_ size: Int) throws {
            try check(try session.run([.tensor(try Tensor([Float](repeating: 1, count: size), shape: [size]))]), 12, 1)
        }
        for size in 57...64 { try run(size) }
        #expect(plan.memoryPlanCount == 2)
        for _ in 0..<3 { for size in [60, 61, 2000, 64, 100] { try run(size) } }
        #expect(plan.memoryPlanCount == 4)
        for size in 1...2000 { try run(size) }
        #expect(plan.memoryPlanCount == 32)
        let bytes = try #require((session as? CPUSession)?.memoryByteCount)
        // Three values at a time and those that are kept, none of them for each size that was met.
        #expect(bytes < 40 * 2000 * 4)
    }

    @Test("A chain of values needs the memory of few of them")
    func size() throws {
        let session = try plan(.tensor(.float32, [65536]), 40).makeSession()
        _ = try session.run([.tensor(try Tensor([Float](repeating: 0, count: 1 << 16), shape: [1 << 16]))])
        let bytes = try #require((session as? CPUSession)?.memoryByteCount)
        // Ten values are kept until the end, two are passed on, and a sum is made from one to the next.
        #expect(bytes < 20 << 18)
    }
}
