// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusOperators
import ApusPasses
import ApusTensors
import Testing

@Suite struct PrecisionTests: GraphLowering {
    let catalogue = Catalogue(standardOperators + CPUBackend.operators)

    private func options(_ instructionSet: InstructionSet, _ precision: Precision = .bf16) -> PlanOptions {
        PlanOptions(
            workers: WorkerPool(threadCount: 2), instructionSet: instructionSet, catalogue: catalogue,
            precision: precision)
    }

    private func node(
        _ name: String, _ inputs: [String], _ output: String, _ attributes: [String: Attribute] = [:]
    ) -> Node {
        Node(name, opset: 18, inputs: inputs, outputs: [output], attributes: attributes)
    }

    /// Runs the graph as it is and lowered for pairs of bf16: rounding shows, but not much.
    @discardableResult
    private func expectRounding(
        _ graph: Graph, rounded names: [String], on sets: [InstructionSet] = InstructionSet.present
    ) throws -> [Graph] {
        var graphs: [Graph] = []
        let input = try floats(try #require(graph.inputs[0].type.shape), seed: 1)
        let plain = try CPUPlan(graph, options: options(.scalar, .f32)).makeSession()
        let expected = try #require(try plain.run([.tensor(input)])[0].tensor).array(of: Float.self)
        let magnitude = expected.map { abs($0) }.max() ?? 0
        for instructionSet in sets {
            let options = options(instructionSet)
            let lowered = try lowered(graph, options)
            graphs.append(lowered)
            let attributes = ["precision", "expand_precision", "project_precision"]
            let rounded = lowered.nodes.filter { node in
                attributes.contains { if case .string("bf16") = node.attributes[$0] { true } else { false } }
            }
            #expect(rounded.map(\.qualifiedName) == names, "\(instructionSet.rawValue)")
            let result = try CPUPlan(lowered, options: options).makeSession().run([.tensor(input)])[0].tensor
            let actual = try #require(result).array(of: Float.self)
            let worst = zip(actual, expected).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < 0.02 * magnitude, "\(instructionSet.rawValue): off by \(worst) of \(magnitude)")
            #expect(worst > 1e-5 * magnitude, "\(instructionSet.rawValue): nothing was rounded")
        }
        return graphs
    }

    @Test("A small convolutional network in bf16 stays within its rounding")
    func convolutions() throws {
        let padded: Attribute = .integers([1, 1, 1, 1])
        let nodes = [
            node("Conv", ["x", "stem"], "a", ["pads": padded, "strides": .integers([2, 2])]), node("Relu", ["a"], "b"),
            node("Conv", ["b", "wide"], "c"),
            node("Conv", ["c", "deep"], "d", ["pads": padded, "group": .integer(72)]),
            node("Conv", ["d", "narrow"], "e"), node("Add", ["b", "e"], "f"),
            node("Conv", ["f", "grouped"], "g", ["group": .integer(2), "strides": .integers([2, 2])]),
            node("Conv", ["g", "odd"], "h"), node("Relu", ["h"], "i"), node("Conv", ["i", "last"], "j"),
            node("GlobalAveragePool", ["j"], "k"), node("Flatten", ["k"], "l"), node("Gemm", ["l", "dense"], "y"),
        ]
        try expectRounding(
            graph(
                [2, 3, 38, 42], nodes,
                constants: [
                    "stem": try floats([16, 3, 3, 3], seed: 2), "wide": try floats([72, 16, 1, 1], seed: 3),
                    "deep": try floats([72, 1, 3, 3], seed: 4), "narrow": try floats([16, 72, 1, 1], seed: 5),
                    "grouped": try floats([24, 8, 3, 3], seed: 6), "odd": try floats([25, 24, 1, 1], seed: 7),
                    "last": try floats([48, 25, 1, 1], seed: 8), "dense": try floats([48, 90], seed: 9),
                ]),
            rounded: [
                "apus.cpu.ImageConv", "apus.cpu.ImageConv", "apus.cpu.ImageConv", "apus.cpu.ImageConv",
                "apus.cpu.ImageConv", "apus.cpu.MatMul",
            ])
    }

    @Test("A small transformer in bf16 stays within its rounding")
    func products() throws {
        let names = ["q", "k", "v", "o"]
        var constants: [String: Tensor] = [
            "up": try floats([64, 129], seed: 7, scale: 0.2), "down": try floats([129, 64], seed: 8, scale: 0.2),
            "few": try floats([64, 3], seed: 9, scale: 0.2), "gain": try floats([64], seed: 10),
        ]
        for (index, name) in names.enumerated() {
            constants["w" + name] = try floats([64, 64], seed: UInt64(20 + index), scale: 0.2)
        }
        let nodes = [
            node("MatMul", ["x", "wq"], "q"), node("MatMul", ["x", "wk"], "k"), node("MatMul", ["x", "wv"], "v"),
            node("Transpose", ["k"], "t", ["perm": .integers([0, 2, 1])]), node("MatMul", ["q", "t"], "s"),
            node("Softmax", ["s"], "p"), node("MatMul", ["p", "v"], "m"), node("MatMul", ["m", "wo"], "o"),
            node("Add", ["x", "o"], "r"), node("LayerNormalization", ["r", "gain"], "n"),
            node("MatMul", ["n", "up"], "u"), node("Relu", ["u"], "f"), node("MatMul", ["f", "down"], "d"),
            node("Add", ["d", "r"], "z"), node("MatMul", ["z", "few"], "y"),
        ]
        try expectRounding(
            graph([2, 7, 64], nodes, constants: constants), rounded: [String](repeating: "apus.cpu.MatMul", count: 6))
    }

    @Test("Recurrent layers in bf16 stay within their rounding", arguments: [("LSTM", 4), ("GRU", 3)])
    func recurrent(_ name: String, _ gates: Int) throws {
        var attributes: [String: Attribute] = ["direction": .string("bidirectional"), "hidden_size": .integer(33)]
        if name == "GRU" { attributes["linear_before_reset"] = .integer(1) }
        try expectRounding(
            graph(
                [6, 2, 21], [node(name, ["x", "w", "r", "b"], "y", attributes)],
                constants: [
                    "w": try floats([2, gates * 33, 21], seed: 7, scale: 0.3),
                    "r": try floats([2, gates * 33, 33], seed: 8, scale: 0.3),
                    "b": try floats([2, 2 * gates * 33], seed: 9),
                ]),
            rounded: ["apus.cpu.\(name)"])
    }

    /// The sets that would rather round for small tiles than multiply floats for larger ones.
    private static let pairSets = InstructionSet.present.filter(\.multipliesPairs)

    @Test(
        "Winograd's tiles of two in bf16 stay within their rounding",
        .enabled(if: !pairSets.isEmpty, "this machine has no instruction for products of pairs"))
    func windows() throws {
        let padded: Attribute = .integers([1, 1, 1, 1])
        let lowered = try expectRounding(
            graph(
                [1, 64, 14, 14], [node("Conv", ["x", "w"], "y", ["pads": padded])],
                constants: ["w": try floats([64, 64, 3, 3], seed: 11, scale: 0.1)]),
            rounded: ["apus.cpu.ImageConv"], on: Self.pairSets)
        let algorithms = lowered.flatMap(\.nodes).compactMap { $0.attributes["algorithm"] }.map { "\($0)" }
        #expect(algorithms.allSatisfy { $0.contains("winograd2") } && !algorithms.isEmpty)
    }

    @Test("A lowered node tells what it multiplies, and refuses what it cannot")
    func attributes() throws {
        func convolution(_ precision: String, channels: Int64) -> Node {
            Node(
                "ImageConv", domain: "apus.cpu", opset: 1, inputs: ["x", "w"], outputs: ["y"],
                attributes: [
                    "kernel_shape": .integers([1, 1]), "channels": .integer(4),
                    "channels_per_group": .integer(channels),
                    "precision": .string(precision),
                ])
        }
        var even = convolution("bf16", channels: 8)
        try catalogue.resolve(&even)
        for var node in [convolution("bf16", channels: 7), convolution("f8", channels: 8)] {
            #expect(throws: ComputeError.self) { try catalogue.resolve(&node) }
        }
    }
}
