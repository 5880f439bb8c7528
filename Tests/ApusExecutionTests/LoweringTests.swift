// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusOperators
import ApusPasses
import ApusTensors
import Testing

@Suite struct LoweringTests: GraphLowering {
    let catalogue = Catalogue(standardOperators + CPUBackend.operators)

    private func options(_ instructionSet: InstructionSet) -> PlanOptions {
        PlanOptions(workers: WorkerPool(threadCount: 2), instructionSet: instructionSet, catalogue: catalogue)
    }

    /// Runs the graph as it is and lowered and compares every element.
    private func expectAgreement(
        _ graph: Graph, operators: [String], seed: UInt64, bound: Float = 1e-4
    ) throws {
        let input = try floats(try #require(graph.inputs[0].type.shape), seed: seed)
        let expected = try #require(
            try CPUPlan(graph, options: options(.scalar)).makeSession().run([.tensor(input)])[0].tensor)
        for instructionSet in InstructionSet.present {
            let options = options(instructionSet)
            let lowered = try lowered(graph, options)
            #expect(lowered.nodes.map(\.qualifiedName) == operators)
            let actual = try #require(
                try CPUPlan(lowered, options: options).makeSession().run([.tensor(input)])[0].tensor)
            #expect(actual.shape == expected.shape)
            let pairs = zip(try actual.array(of: Float.self), try expected.array(of: Float.self))
            let worst = pairs.map { abs($0 - $1) }.max() ?? 0
            #expect(worst < bound, "\(instructionSet.rawValue), seed \(seed): off by \(worst)")
        }
    }

    @Test(
        "A convolution with bias, residual and activation becomes one node that agrees with the four",
        arguments: [(1, 3, 8, 1), (8, 1, 8, 8), (4, 1, 6, 1), (4, 3, 4, 2), (6, 5, 6, 6)])
    func convolution(_ inputChannels: Int, _ kernel: Int, _ channels: Int, _ groups: Int) throws {
        let weights = try floats([channels, inputChannels / groups, kernel, kernel], seed: 1)
        let conv = Node(
            "Conv", opset: 18, inputs: ["x", "w", "b"], outputs: ["c"],
            attributes: [
                "group": .integer(Int64(groups)), "pads": .integers([Int64](repeating: Int64(kernel / 2), count: 4)),
            ])
        let scale = Node("HardSwish", opset: 18, inputs: ["x"], outputs: ["h"])
        let isSame = inputChannels == channels
        let add = Node("Add", opset: 18, inputs: isSame ? ["h", "c"] : ["c", "c"], outputs: ["a"])
        let relu = Node("Relu", opset: 18, inputs: ["a"], outputs: ["y"])
        let graph = try graph(
            [2, inputChannels, 9, 11], [scale, conv, add, relu],
            constants: ["w": weights, "b": try floats([channels], seed: 2)], output: "y")
        let operators =
            isSame
            ? ["HardSwish", "Transpose", "Transpose", "apus.cpu.ImageConv", "Transpose"]
            : ["Transpose", "apus.cpu.ImageConv", "Add", "Relu", "Transpose"]
        let isPlanar = groups == 1 && kernel > 1
        try expectAgreement(
            graph, operators: isPlanar ? operators.filter { $0 != "Transpose" } + ["Transpose"] : operators, seed: 3)
    }

    @Test("A stretch between convolutions keeps channels last through every operator that does not mind")
    func channelsLastStretch() throws {
        func node(_ name: String, _ inputs: [String], _ output: String, _ attributes: [String: Attribute] = [:]) -> Node
        {
            Node(name, opset: 18, inputs: inputs, outputs: [output], attributes: attributes)
        }
        let window: [String: Attribute] = ["kernel_shape": .integers([3, 3]), "pads": .integers([1, 1, 1, 1])]
        let nodes = [
            node("Conv", ["x", "w"], "c", ["pads": .integers([1, 1, 1, 1])]), node("Tanh", ["c"], "t"),
            node("MaxPool", ["t"], "m", window), node("AveragePool", ["t"], "a", window),
            node("Concat", ["m", "a", "x"], "j", ["axis": .integer(1)]), node("Mul", ["j", "s"], "k"),
            node("Slice", ["k", "starts", "ends", "axes"], "l"),
            node("Resize", ["l", "", "scales"], "r", ["mode": .string("nearest")]),
            node("Pad", ["r", "pads"], "p"), node("Conv", ["p", "v"], "d", ["strides": .integers([2, 2])]),
            node("GlobalAveragePool", ["d"], "g"), node("Add", ["d", "g"], "e"),
            node("ReduceMean", ["e", "space"], "q"), node("Sub", ["e", "q"], "u"),
            node("Softmax", ["u"], "y", ["axis": .integer(1)]),
        ]
        let graph = try graph(
            [2, 4, 6, 5], nodes,
            constants: [
                "w": try floats([5, 4, 3, 3], seed: 4), "v": try floats([3, 9, 2, 2], seed: 5),
                "s": try floats([14, 1, 1], seed: 6), "starts": try Tensor([Int64(2), 1], shape: [2]),
                "ends": try Tensor([Int64(11), 6], shape: [2]), "axes": try Tensor([Int64(1), -2], shape: [2]),
                "scales": try Tensor([Float(1), 1, 2, 3], shape: [4]),
                "pads": try Tensor([Int64(0), 0, 1, 0, 0, 0, 0, 2], shape: [8]),
                "space": try Tensor([Int64(2), 3], shape: [2]),
            ], output: "y")
        try expectAgreement(
            graph,
            operators: [
                "apus.cpu.ImageConv", "apus.cpu.ImagePool", "apus.cpu.ImagePool", "Transpose",
                "Concat", "Mul", "Slice", "Resize", "Pad", "apus.cpu.ImageConv", "apus.cpu.ImagePool",
                "Add", "ReduceMean", "Sub", "Softmax", "Transpose",
            ], seed: 7)
    }

    @Test("A depthwise convolution between two of single pixels becomes one node, its images being large")
    func imageBlocks() throws {
        func conv(_ inputs: [String], _ output: String, _ attributes: [String: Attribute] = [:]) -> Node {
            Node("Conv", opset: 18, inputs: inputs, outputs: [output], attributes: attributes)
        }
        let window: [String: Attribute] = ["pads": .integers([1, 1, 1, 1]), "group": .integer(70)]
        let nodes = [
            conv(["x", "v", "b"], "c"), Node("Relu", opset: 18, inputs: ["c"], outputs: ["d"]),
            conv(["d", "w"], "e", window), Node("HardSwish", opset: 18, inputs: ["e"], outputs: ["f"]),
            conv(["f", "u"], "g"), Node("Add", opset: 18, inputs: ["g", "x"], outputs: ["y"]),
        ]
        let graph = try graph(
            [1, 9, 33, 64], nodes,
            constants: [
                "v": try floats([70, 9, 1, 1], seed: 1), "b": try floats([70], seed: 2),
                "w": try floats([70, 1, 3, 3], seed: 3), "u": try floats([9, 70, 1, 1], seed: 4),
            ], output: "y")
        try expectAgreement(graph, operators: ["Transpose", "apus.cpu.ImageBlock", "Transpose"], seed: 5)
    }

    @Test("Factors of channels go into the weights of the convolution that alone reads the scaled images")
    func squeezeAndExcite() throws {
        let nodes = [
            Node("Conv", opset: 18, inputs: ["x", "v"], outputs: ["c"]),
            Node("GlobalAveragePool", opset: 18, inputs: ["c"], outputs: ["g"]),
            Node("Sigmoid", opset: 18, inputs: ["g"], outputs: ["s"]),
            Node("Mul", opset: 18, inputs: ["s", "c"], outputs: ["m"]),
            Node("Conv", opset: 18, inputs: ["m", "w", "b"], outputs: ["y"]),
        ]
        let graph = try graph(
            [2, 5, 6, 4], nodes,
            constants: [
                "v": try floats([9, 5, 1, 1], seed: 1), "w": try floats([7, 9, 1, 1], seed: 2),
                "b": try floats([7], seed: 3),
            ], output: "y")
        let operators = [
            "Transpose", "apus.cpu.ImageConv", "apus.cpu.ImagePool", "Sigmoid", "apus.cpu.ImageConv", "Transpose",
        ]
        try expectAgreement(graph, operators: operators, seed: 4)
    }

    @Test("Convolutions write their channels where a concatenation would copy them")
    func concatenation() throws {
        func conv(_ input: String, _ weights: String, _ output: String, pad: Int64 = 0) -> Node {
            Node(
                "Conv", opset: 18, inputs: [input, weights, "b"], outputs: [output],
                attributes: ["pads": .integers([pad, pad, pad, pad])])
        }
        func node(_ name: String, _ inputs: [String], _ output: String, _ attributes: [String: Attribute] = [:]) -> Node
        {
            Node(name, opset: 18, inputs: inputs, outputs: [output], attributes: attributes)
        }
        let nodes = [
            conv("x", "s", "f"), node("Relu", ["f"], "r"), conv("r", "u", "c"), node("Tanh", ["c"], "t"),
            conv("r", "w", "d", pad: 1), node("HardSwish", ["d"], "h"),
            node("MaxPool", ["r"], "m", ["kernel_shape": .integers([1, 1])]), conv("r", "u", "e"),
            node("Concat", ["t", "m", "h", "e"], "j", ["axis": .integer(1)]), node("Add", ["j", "j"], "k"),
            node("Concat", ["k", "e"], "y", ["axis": .integer(-3)]),
        ]
        for size in [5, 24] {
            let graph = try graph(
                [2, 5, size, size + 1], nodes,
                constants: [
                    "s": try floats([12, 5, 1, 1], seed: 1), "u": try floats([12, 12, 1, 1], seed: 2),
                    "w": try floats([12, 12, 3, 3], seed: 3), "b": try floats([12], seed: 4),
                ], output: "y")
            let operators = [
                "Transpose", "apus.cpu.ImageConv", "apus.cpu.ImagePool", "apus.cpu.ImageConv",
                "apus.cpu.ImageConcat", "Add", "Concat", "Transpose",
            ]
            try expectAgreement(graph, operators: operators, seed: 5, bound: 4e-4)
        }
    }

    @Test("Winograd is chosen where it pays, and never where exact sums are asked for")
    func winograd() throws {
        let conv = Node(
            "Conv", opset: 18, inputs: ["x", "w"], outputs: ["y"], attributes: ["pads": .integers([1, 1, 1, 1])])
        let graph = try graph(
            [1, 32, 24, 24], [conv], constants: ["w": try floats([32, 32, 3, 3], seed: 8)], output: "y")
        for isExact in [false, true] {
            var options = options(.best)
            options.isExact = isExact
            let node = try #require(
                try lowered(graph, options).nodes.first { $0.qualifiedName == "apus.cpu.ImageConv" })
            let isWinograd =
                if case .string(let name) = node.attributes["algorithm"] { name.hasPrefix("winograd") } else { false }
            #expect(isWinograd == !isExact)
        }
        try expectAgreement(graph, operators: ["Transpose", "apus.cpu.ImageConv", "Transpose"], seed: 9)
    }

    @Test("A product with a constant row added and an activation becomes one node", arguments: [1, 5, 33])
    func product(_ rows: Int) throws {
        let graph = try graph(
            [2, rows, 17],
            [
                Node("MatMul", opset: 18, inputs: ["x", "w"], outputs: ["p"]),
                Node("Add", opset: 18, inputs: ["b", "p"], outputs: ["a"]),
                Node("Tanh", opset: 18, inputs: ["a"], outputs: ["y"]),
            ], constants: ["w": try floats([17, 37], seed: 4), "b": try floats([37], seed: 5)], output: "y")
        try expectAgreement(graph, operators: ["apus.cpu.MatMul"], seed: 6)
    }

    @Test(
        "LSTM and GRU layers in every direction agree with the plain ones",
        arguments: ["forward", "reverse", "bidirectional"])
    func recurrent(_ direction: String) throws {
        let directions = direction == "bidirectional" ? 2 : 1
        for (name, gates) in [("LSTM", 4), ("GRU", 3)] {
            var attributes: [String: Attribute] = ["direction": .string(direction), "hidden_size": .integer(9)]
            if name == "GRU" { attributes["linear_before_reset"] = .integer(1) }
            let node = Node(
                name, opset: 18, inputs: ["x", "w", "r", "b"], outputs: ["y"], attributes: attributes)
            let graph = try graph(
                [6, 2, 5], [node],
                constants: [
                    "w": try floats([directions, gates * 9, 5], seed: 7),
                    "r": try floats([directions, gates * 9, 9], seed: 8),
                    "b": try floats([directions, 2 * gates * 9], seed: 9),
                ], output: "y")
            try expectAgreement(graph, operators: ["apus.cpu.\(name)"], seed: 10)
        }
    }

    @Test("Attention reads one merged projection where it lies", arguments: [1, 6, 40])
    func attention(_ places: Int) throws {
        var nodes: [Node] = []
        var constants: [String: Tensor] = [
            "split": try Tensor([Int64(0), 0, 2, 32], shape: [4]), "join": try Tensor([Int64(0), 0, 64], shape: [3]),
        ]
        for (number, name) in ["q", "k", "v"].enumerated() {
            constants["w" + name] = try floats([24, 64], seed: UInt64(20 + number))
            constants["b" + name] = try floats([64], seed: UInt64(30 + number))
            nodes += [
                Node("MatMul", opset: 24, inputs: ["x", "w" + name], outputs: [name + "p"]),
                Node("Add", opset: 24, inputs: [name + "p", "b" + name], outputs: [name + "a"]),
                Node("Reshape", opset: 24, inputs: [name + "a", "split"], outputs: [name + "r"]),
                Node(
                    "Transpose", opset: 24, inputs: [name + "r"], outputs: [name],
                    attributes: ["perm": .integers([0, 2, 1, 3])]),
            ]
        }
        nodes += [
            Node(
                "Attention", opset: 24, inputs: ["q", "k", "v"], outputs: ["h"],
                attributes: ["is_causal": .integer(1)]),
            Node(
                "Transpose", opset: 24, inputs: ["h"], outputs: ["t"], attributes: ["perm": .integers([0, 2, 1, 3])]),
            Node("Reshape", opset: 24, inputs: ["t", "join"], outputs: ["y"]),
        ]
        let graph = try graph([2, places, 24], nodes, constants: constants, output: "y")
        try expectAgreement(graph, operators: ["apus.cpu.MatMul", "apus.cpu.Attention"], seed: 40)
    }

    @Test("Half weights are widened and packed once, and half values in between stay wide")
    func halfWeights() throws {
        func half(_ shape: Shape, seed: UInt64) throws -> Tensor {
            try Tensor(try floats(shape, seed: seed).array(of: Float.self).map { Float16($0) }, shape: shape)
        }
        let graph = try graph(
            [3, 17],
            [
                Node("Cast", opset: 18, inputs: ["x"], outputs: ["h"], attributes: ["to": .integer(10)]),
                Node("MatMul", opset: 18, inputs: ["h", "w"], outputs: ["p"]),
                Node("Add", opset: 18, inputs: ["p", "b"], outputs: ["a"]),
                Node("Tanh", opset: 18, inputs: ["a"], outputs: ["t"]),
                Node("Cast", opset: 18, inputs: ["t"], outputs: ["y"], attributes: ["to": .integer(1)]),
            ], constants: ["w": try half([17, 37], seed: 4), "b": try half([37], seed: 5)], output: "y")
        try expectAgreement(
            graph, operators: ["Cast", "Cast", "apus.cpu.MatMul", "Cast", "Cast"], seed: 6, bound: 4e-3)
    }

    @Test("Weights packed for one instruction set are refused by another")
    func refusesForeignWeights() throws {
        let sets = InstructionSet.present
        guard sets.count > 1 else { return }
        let graph = try graph(
            [1, 4], [Node("MatMul", opset: 18, inputs: ["x", "w"], outputs: ["y"])],
            constants: ["w": try floats([4, 4], seed: 1)], output: "y")
        let plan = try CPUPlan(try lowered(graph, options(sets[1])), options: options(sets[0]))
        let error = #expect(throws: RunError.self) {
            try plan.makeSession().run([.tensor(try floats([1, 4], seed: 1))])
        }
        #expect(error?.cause.code == .unsupported)
    }
}
