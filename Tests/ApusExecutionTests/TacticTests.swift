// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusOperators
import ApusPasses
import ApusTensors
import Testing

@Suite struct TacticTests {
    private let catalogue = Catalogue(standardOperators + CPUBackend.operators)

    /// A convolution by 3 x 3 windows that both ways suit.
    private func graph(_ sides: [Dimension] = [8, 8]) throws -> Graph {
        let weights = (0..<16 * 16 * 9).map { Float($0 % 23) * 0.01 - 0.1 }
        var conv = Node(
            "Conv", opset: 18, name: "window", inputs: ["x", "w"], outputs: ["y"],
            attributes: ["pads": .integers([1, 1, 1, 1])])
        try catalogue.resolve(&conv)
        return Graph(
            inputs: [Value("x", .tensor(.float32, [1, 16] + sides))], outputs: [Value("y", .unknown)], nodes: [conv],
            constants: ["w": try Tensor(weights, shape: [16, 16, 3, 3])], opsets: ["": 18])
    }

    private func lowered(_ tuner: Tuner?, isExact: Bool = false, sides: [Dimension] = [8, 8]) throws -> Node {
        var result = try graph(sides)
        result.inferTypes()
        var options = PlanOptions(workers: WorkerPool(threadCount: 1), catalogue: catalogue, tuner: tuner)
        options.isExact = isExact
        let steps = CPUBackend().loweringPasses(options).map { PassRunner($0) }
        try Pipeline(name: "lowering", steps: steps, roundLimit: 1).run(on: &result, PassContext(catalogue: catalogue))
        return try #require(result.nodes.first { $0.operatorName == "ImageConv" })
    }

    private func algorithm(_ node: Node) -> String {
        if case .string(let name) = node.attributes["algorithm"] { name } else { "indirect" }
    }

    @Test("A tuner measures every way once, and the fastest is chosen")
    func measured() throws {
        let tuner = Tuner()
        let node = try lowered(tuner)
        let record = try #require(TacticRecord(node))
        #expect(record.names == ["indirect", "winograd2", "winograd4"])
        #expect(record.microseconds.allSatisfy { $0 > 0 } && record.microseconds.count == 3)
        #expect(record.multiplyAdds == 64 * 16 * 16 * 9)
        #expect(record.peak > 0 && record.clock > 0)
        #expect(tuner.measuredCount == 3)
        let fastest = record.microseconds.indices.min { record.microseconds[$0] < record.microseconds[$1] }
        #expect(algorithm(node) == record.names[fastest ?? 0])
        _ = try lowered(tuner)
        #expect(tuner.measuredCount == 3, "measured again")
    }

    @Test(
        "What was measured before decides without being measured again",
        arguments: ["indirect", "winograd2", "winograd4"])
    func known(_ fast: String) throws {
        let first = Tuner()
        _ = try lowered(first)
        let tuner = Tuner(
            known: first.times.mapValues { _ in 5 }.merging(
                first.times.filter { $0.key.contains(" \(fast) ") }.mapValues { _ in 2 }
            ) { $1 })
        let node = try lowered(tuner)
        #expect(algorithm(node) == fast)
        #expect(tuner.measuredCount == 0)
        #expect(try #require(TacticRecord(node)).microseconds.sorted() == [2, 5, 5])
    }

    @Test("Images of unknown sizes are guessed to be of usual ones, and nothing is measured on a guess")
    func unknownSizes() throws {
        let tuner = Tuner()
        let node = try lowered(tuner, sides: [Dimension(symbol: "H"), Dimension(symbol: "W")])
        #expect(algorithm(node).hasPrefix("winograd"))
        #expect(tuner.measuredCount == 0)
    }

    @Test("Without a tuner the record holds what was expected; exact sums leave one way")
    func expected() throws {
        let record = try #require(TacticRecord(try lowered(nil)))
        #expect(record.names == ["indirect", "winograd2", "winograd4"])
        #expect(record.expectedCycles.allSatisfy { $0 > 0 })
        #expect(record.microseconds.isEmpty && record.peak == 0)
        #expect(record.expectedMicroseconds(0) == nil && record.rate(0) == nil)
        #expect(try #require(TacticRecord(try lowered(nil, isExact: true))).names == ["indirect"])
    }
}
