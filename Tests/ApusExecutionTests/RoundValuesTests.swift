// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusOperators
import ApusPasses
import ApusTensors
import Testing

@Suite struct RoundValuesTests: GraphLowering {
    let catalogue = Catalogue(standardOperators + CPUBackend.operators)

    private func options(_ instructionSet: InstructionSet, _ precision: Precision = .bf16) -> PlanOptions {
        PlanOptions(
            workers: WorkerPool(threadCount: 2), instructionSet: instructionSet, catalogue: catalogue,
            precision: precision)
    }

    private func node(
        _ name: String, _ inputs: [String], _ outputs: String..., attributes: [String: Attribute] = [:]
    ) -> Node {
        Node(name, opset: 18, inputs: inputs, outputs: outputs, attributes: attributes)
    }

    /// The element types of what the nodes of a lowered graph write, by operator.
    private func types(_ graph: Graph) -> [String] {
        graph.nodes.map { node in
            "\(node.operatorName) \(node.outputs.first.flatMap { graph.types[$0]?.elementType?.name } ?? "?")"
        }
    }

    /// Runs the graph as it is and lowered for bf16, and gives back the lowered graph.
    private func expectRounding(_ graph: Graph, on instructionSet: InstructionSet) throws -> Graph {
        let input = try floats(try #require(graph.inputs[0].type.shape), seed: 1)
        let plain = try CPUPlan(graph, options: options(.scalar, .f32)).makeSession()
        let expected = try #require(try plain.run([.tensor(input)])[0].tensor).array(of: Float.self)
        let magnitude = expected.map { abs($0) }.max() ?? 0
        let lowered = try lowered(graph, options(instructionSet))
        let session = try CPUPlan(lowered, options: options(instructionSet)).makeSession()
        for _ in 0..<2 {
            let actual = try #require(try session.run([.tensor(input)])[0].tensor).array(of: Float.self)
            let worst = zip(actual, expected).map { abs($0 - $1) }.max() ?? .infinity
            #expect(actual.count == expected.count && worst < 0.03 * magnitude, "off by \(worst) of \(magnitude)")
        }
        return lowered
    }

    private let padded: [String: Attribute] = ["pads": .integers([1, 1, 1, 1])]

    @Test("Images between layers are bf16 where every reader takes them so", arguments: InstructionSet.present)
    func chain(instructionSet: InstructionSet) throws {
        let nodes = [
            node("Conv", ["x", "stem"], "a", attributes: padded), node("Relu", ["a"], "b"),
            node("Conv", ["b", "wide"], "c"), node("HardSwish", ["c"], "t"),
            node("Conv", ["t", "deep"], "d", attributes: padded.merging(["group": .integer(24)]) { $1 }),
            node("Conv", ["d", "narrow"], "e"), node("Add", ["b", "e"], "f"),
            node(
                "MaxPool", ["f"], "m", attributes: ["kernel_shape": .integers([2, 2]), "strides": .integers([2, 2])]),
            node("Conv", ["m", "odd"], "h"), node("Conv", ["h", "last"], "j"),
            node("GlobalAveragePool", ["j"], "k"), node("Flatten", ["k"], "y"),
        ]
        let lowered = try expectRounding(
            graph(
                [2, 3, 9, 11], nodes,
                constants: [
                    "stem": try floats([16, 3, 3, 3], seed: 2), "wide": try floats([24, 16, 1, 1], seed: 3),
                    "deep": try floats([24, 1, 3, 3], seed: 4), "narrow": try floats([16, 24, 1, 1], seed: 5),
                    "odd": try floats([25, 16, 1, 1], seed: 7), "last": try floats([48, 25, 1, 1], seed: 8),
                ]), on: instructionSet)
        #expect(
            types(lowered) == [
                "ImageConv bf16", "ImageConv bf16", "ImageConv bf16", "ImageConv bf16", "ImagePool bf16",
                "ImageConv f32", "ImageConv bf16", "ImagePool f32", "Transpose f32", "Flatten f32",
            ])
    }

    @Test("Parts, sums and concatenations pass bf16 on", arguments: InstructionSet.present)
    func branches(instructionSet: InstructionSet) throws {
        let nodes = [
            node("Conv", ["x", "first"], "a"), node("Relu", ["a"], "b"),
            node("Split", ["b"], "p", "q", attributes: ["axis": .integer(1), "num_outputs": .integer(2)]),
            node("Conv", ["q", "tiles"], "c", attributes: padded), node("Tanh", ["c"], "t"),
            node("Conv", ["t", "tiles"], "d", attributes: padded), node("Relu", ["d"], "r"),
            node("Add", ["q", "r"], "s"),
            node("Concat", ["p", "q", "s"], "z", attributes: ["axis": .integer(1)]),
            node("Conv", ["z", "last"], "y"),
        ]
        let lowered = try expectRounding(
            graph(
                [1, 8, 17, 18], nodes,
                constants: [
                    "first": try floats([64, 8, 1, 1], seed: 2),
                    "tiles": try floats([32, 32, 3, 3], seed: 3, scale: 0.1),
                    "last": try floats([6, 96, 1, 1], seed: 4),
                ]), on: instructionSet)
        let found = types(lowered)
        #expect(found.contains("Split bf16") && found.contains("ImageSum bf16") && found.contains("Concat bf16"))
        #expect(found.filter { $0 == "ImageConv bf16" }.count == 3, "\(found)")
        #expect(found.last == "Transpose f32" && found.contains("ImageConv f32"), "\(found)")
    }

    @Test("Rows between products are bf16 where only products read them", arguments: InstructionSet.present)
    func products(instructionSet: InstructionSet) throws {
        let nodes = [
            node("MatMul", ["x", "up"], "u"), node("Tanh", ["u"], "t"), node("MatMul", ["t", "odd"], "o"),
            node("MatMul", ["o", "down"], "d"), node("Add", ["d", "x"], "r"), node("MatMul", ["r", "up"], "y"),
        ]
        let lowered = try expectRounding(
            graph(
                [2, 37, 64], nodes,
                constants: [
                    "up": try floats([64, 700], seed: 2, scale: 0.2),
                    "odd": try floats([700, 65], seed: 3, scale: 0.1),
                    "down": try floats([65, 64], seed: 4, scale: 0.2),
                ]), on: instructionSet)
        #expect(types(lowered) == ["MatMul bf16", "MatMul f32", "MatMul f32", "MatMul f32"])
    }

    @Test("What is handed out, or read by a node that knows floats only, stays f32")
    func edges() throws {
        var graph = try graph(
            [1, 8, 6, 6],
            [
                node("Conv", ["x", "w"], "a"), node("Conv", ["a", "w"], "b"), node("Conv", ["b", "w"], "c"),
                node("Exp", ["b"], "d"), node("Add", ["c", "d"], "y"),
            ], constants: ["w": try floats([8, 8, 1, 1], seed: 3, scale: 0.3)])
        graph.outputs.append(Value("a", .unknown))
        let lowered = try expectRounding(graph, on: .best)
        #expect(types(lowered).allSatisfy { !$0.contains("bf16") })
        #expect(try types(self.lowered(graph, options(.best, .f32))).allSatisfy { !$0.contains("bf16") })
    }

    @Test("A lowered node refuses bf16 it cannot read or make")
    func refusals() throws {
        func convolution(_ attributes: [String: Attribute]) -> Node {
            Node(
                "ImageConv", domain: "apus.cpu", opset: 1, inputs: ["x", "w"], outputs: ["y"],
                attributes: attributes.merging([
                    "kernel_shape": .integers([1, 1]), "channels": .integer(4), "channels_per_group": .integer(8),
                ]) { $1 })
        }
        var rounded = convolution(["output_precision": .string("bf16"), "activation": .string("relu")])
        try catalogue.resolve(&rounded)
        for attributes: [String: Attribute] in [
            ["output_precision": .string("f8")],
            ["output_precision": .string("bf16"), "activation": .string("tanh")],
        ] {
            var refused = convolution(attributes)
            #expect(throws: ComputeError.self) { try catalogue.resolve(&refused) }
        }
    }
}
