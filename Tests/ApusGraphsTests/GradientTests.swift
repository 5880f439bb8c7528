// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

/// One operator in `f64` and the numbers it is differentiated at.
struct GradientCase: CustomTestStringConvertible, Sendable {
    var name: String
    var shapes: [[Int]]
    var opset: Int
    var attributes: [String: Attribute]
    /// Inputs behind the differentiated ones.
    var integers: [[Int64]]
    /// Lists behind the differentiated inputs.
    var constants: [[Double]]
    /// The numbers lie between these.
    var range: ClosedRange<Double>
    var outputCount = 1

    init(
        _ name: String, _ shapes: [Int]..., opset: Int = 20, with attributes: [String: Attribute] = [:],
        integers: [[Int64]] = [], constants: [[Double]] = [], range: ClosedRange<Double> = -2...2, outputs: Int = 1
    ) {
        self.name = name
        self.shapes = shapes
        self.opset = opset
        self.attributes = attributes
        self.integers = integers
        self.constants = constants
        self.range = range
        outputCount = outputs
    }

    var testDescription: String { "\(name)\(shapes) at \(opset)" }
}

@Suite struct GradientTests {
    private static let catalogue = Catalogue(standardOperators)

    private static let unary: [GradientCase] = [
        "Neg", "Abs", "Exp", "Sin", "Cos", "Sinh", "Cosh", "Tanh", "Atan", "Asinh", "Erf", "Relu", "Sigmoid",
        "Softplus", "Softsign", "LeakyRelu", "Elu", "Celu", "Selu", "ThresholdedRelu", "HardSigmoid", "HardSwish",
        "Mish", "Gelu", "Identity", "Dropout", "Flatten",
    ].map { GradientCase($0, [2, 3]) }

    private static let narrow: [GradientCase] = [
        GradientCase("Log", [5], range: 0.5...3), GradientCase("Sqrt", [5], range: 0.5...3),
        GradientCase("Reciprocal", [5], range: 0.5...3), GradientCase("Tan", [5], range: -1...1),
        GradientCase("Asin", [5], range: -0.9...0.9), GradientCase("Acos", [5], range: -0.9...0.9),
        GradientCase("Atanh", [5], range: -0.9...0.9), GradientCase("Acosh", [5], range: 1.2...3),
        GradientCase("Gelu", [5], with: ["approximate": .string("tanh")]),
        GradientCase("Swish", [5], opset: 24, with: ["alpha": .float(0.5)]),
        GradientCase("Clip", [7], opset: 6, with: ["max": .float(1)]),
    ]

    private static let combinations: [GradientCase] = [
        GradientCase("Add", [2, 3], [3]), GradientCase("Sub", [3], [2, 1]), GradientCase("Mul", [2, 1], [2, 3]),
        GradientCase("Div", [2, 3], [], range: 0.5...2), GradientCase("Pow", [2, 3], [3], range: 0.5...2),
        GradientCase("Sum", [2, 3], [3], [1, 3]), GradientCase("Mean", [2, 3], [3]),
        GradientCase("Max", [2, 3], [3]), GradientCase("Min", [2, 3], [2, 1], [3]), GradientCase("PRelu", [2, 3], [3]),
        GradientCase("MatMul", [2, 3], [3, 4]), GradientCase("MatMul", [2, 1, 2, 3], [4, 3, 2]),
        GradientCase("MatMul", [3], [2, 3, 4]), GradientCase("MatMul", [2, 4, 3], [3]),
        GradientCase("MatMul", [3], [3]),
        GradientCase("Gemm", [2, 3], [3, 4], [4]),
        GradientCase(
            "Gemm", [3, 2], [4, 3], [2, 1],
            with: ["transA": .integer(1), "transB": .integer(1), "alpha": .float(0.5), "beta": .float(2)]),
        GradientCase("Gemm", [3, 2], [3, 4], with: ["transA": .integer(1)]),
        GradientCase("Concat", [2, 3], [2, 1], with: ["axis": .integer(-1)]),
        GradientCase("Softmax", [2, 4]), GradientCase("Softmax", [2, 2, 3], opset: 11, with: ["axis": .integer(1)]),
        GradientCase("Softmax", [2, 4, 2], with: ["axis": .integer(1)]), GradientCase("LogSoftmax", [2, 4]),
    ]

    private static let reductions: [GradientCase] = [
        "ReduceSum", "ReduceMean", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp",
        "ReduceMax", "ReduceMin",
    ].flatMap { name in
        [
            GradientCase(name, [2, 3, 2], opset: 18, with: ["keepdims": .integer(0)], integers: [[1]], range: 0.5...2),
            GradientCase(name, [2, 3], opset: 18, range: 0.5...2),
            GradientCase(
                name, [2, 3], opset: name == "ReduceSum" ? 11 : 13,
                with: ["axes": .integers([-1]), "keepdims": .integer(0)],
                range: 0.5...2),
        ]
    }

    private static let movements: [GradientCase] = [
        GradientCase("Reshape", [2, 3], integers: [[3, 2]]), GradientCase("Expand", [2, 1], integers: [[3, 2, 4]]),
        GradientCase("Transpose", [2, 3, 4], with: ["perm": .integers([2, 0, 1])]), GradientCase("Transpose", [2, 3]),
        GradientCase("Unsqueeze", [2, 3], integers: [[1]]), GradientCase("Squeeze", [2, 1], integers: [[1]]),
        GradientCase("Slice", [4, 5], integers: [[3, 1], [0, 5], [0, 1], [-1, 2]]),
        GradientCase("Gather", [4, 2], integers: [[1, 1, 3]]),
        GradientCase("Gather", [4, 2], with: ["axis": .integer(1)], integers: [[-1, 1, 0]]),
        GradientCase("Split", [5, 2], with: ["num_outputs": .integer(2)], outputs: 2),
        GradientCase("Tile", [2, 2], integers: [[1, 3]]), GradientCase("Trilu", [3, 3]),
        GradientCase("DepthToSpace", [1, 4, 1, 2], with: ["blocksize": .integer(2)]),
    ]

    private static let layers: [GradientCase] = [
        GradientCase("Conv", [2, 3, 5, 6], [4, 3, 3, 2], [4]),
        GradientCase(
            "Conv", [1, 4, 7, 6], [6, 2, 2, 3],
            with: [
                "group": .integer(2), "strides": .integers([2, 3]), "pads": .integers([1, 0, 0, 2]),
                "dilations": .integers([2, 1]),
            ]),
        GradientCase("Conv", [2, 2, 7], [2, 1, 3], with: ["group": .integer(2), "strides": .integers([2])]),
        GradientCase(
            "MaxPool", [1, 2, 4, 5], with: ["kernel_shape": .integers([2, 2]), "strides": .integers([1, 2])]),
        GradientCase("GlobalAveragePool", [2, 2, 3, 2]), GradientCase("Pad", [2, 3], integers: [[1, 0, 0, 2]]),
        GradientCase("LayerNormalization", [2, 4], [4], [4]),
        GradientCase("BatchNormalization", [2, 3, 2], [3], [3], constants: [[0.1, -0.2, 0.3], [0.5, 1, 2]]),
        GradientCase("LayerNormalization", [2, 2, 3], [2, 3], with: ["axis": .integer(1)]),
    ]

    /// A graph that squares what the operator makes, sums it up and differentiates the sum by every input.
    private static func graph(_ sample: GradientCase, hidesSizes: Bool) throws -> Graph {
        var graph = Graph(opsets: ["": sample.opset])
        let inputs = sample.shapes.indices.map { "x\($0)" }
        for (name, shape) in zip(inputs, sample.shapes) {
            let sizes = shape.map { hidesSizes ? .unknown : Dimension($0) }
            graph.inputs.append(Value(name, .tensor(.float64, sizes)))
        }
        var extra: [String] = []
        for (index, values) in sample.integers.enumerated() {
            extra.append("i\(index)")
            graph.constants["i\(index)"] = try Tensor(values, shape: [values.count])
        }
        for (index, values) in sample.constants.enumerated() {
            extra.append("c\(index)")
            graph.constants["c\(index)"] = try Tensor(values, shape: [values.count])
        }
        let made = (0..<sample.outputCount).map { "h\($0)" }
        var sums: [String] = []
        graph.nodes = [
            Node(
                sample.name, opset: sample.opset, inputs: inputs + extra, outputs: made, attributes: sample.attributes)
        ]
        for name in made {
            graph.nodes.append(Node("Mul", opset: 18, inputs: [name, name], outputs: [name + "s"]))
            graph.nodes.append(
                Node(
                    "ReduceSum", opset: 18, inputs: [name + "s"], outputs: [name + "t"],
                    attributes: ["keepdims": .integer(0)]))
            sums.append(name + "t")
        }
        graph.nodes.append(Node("Sum", opset: 18, inputs: sums, outputs: ["y"]))
        for index in graph.nodes.indices { try catalogue.resolve(&graph.nodes[index]) }
        graph.nodes.append(
            Node(
                "Gradient", domain: "ai.onnx.preview.training", opset: 1, inputs: inputs,
                outputs: inputs.map { "d" + $0 }, attributes: ["xs": .strings(inputs), "y": .string("y")]))
        try expand(&graph)
        return graph
    }

    private static func expand(_ graph: inout Graph) throws {
        guard let position = graph.nodes.firstIndex(where: GradientExpansion.isGradient) else { return }
        let names = NameSource(avoiding: graph.allNames)
        let (nodes, constants) = try GradientExpansion(graph, position, catalogue: catalogue, names: names).expanded()
        graph.nodes.replaceSubrange(position...position, with: nodes)
        graph.constants.merge(constants) { $1 }
        try Verifier().verify(graph)
    }

    private static func values(
        _ graph: Graph, _ inputs: [Tensor], _ names: [String]
    ) throws -> [[Double]] {
        var options = InferenceOptions()
        options.evaluatedByteLimit = 1 << 24
        for (input, tensor) in zip(graph.inputs, inputs) {
            options.inputs[input.name] = InferredValue(constant: tensor)
        }
        let facts = graph.inferred(options)
        return try names.map { try #require(facts.values[$0]?.constant, "'\($0)'").array(of: Double.self) }
    }

    @Test(
        "Derivatives agree with differences, sizes known or not",
        arguments: unary + narrow + combinations + reductions + movements + layers, [false, true])
    func differences(_ sample: GradientCase, _ hidesSizes: Bool) throws {
        let graph = try GradientTests.graph(sample, hidesSizes: hidesSizes)
        var seed: UInt64 = 11
        var inputs: [Tensor] = []
        for shape in sample.shapes {
            let width = sample.range.upperBound - sample.range.lowerBound
            let numbers = (0..<shape.reduce(1, *)).map { _ -> Double in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return sample.range.lowerBound + width * Double(seed >> 40) / Double(1 << 24)
            }
            inputs.append(try Tensor(numbers, shape: Shape(shape)))
        }
        let names = inputs.indices.map { "dx\($0)" }
        let gradients = try GradientTests.values(graph, inputs, names)
        for (index, input) in inputs.enumerated() {
            let numbers = try input.array(of: Double.self)
            #expect(gradients[index].count == numbers.count)
            for place in numbers.indices {
                let sums = try [1e-5, -1e-5].map { step in
                    var changed = numbers
                    changed[place] += step
                    var moved = inputs
                    moved[index] = try Tensor(changed, shape: input.shape)
                    return try GradientTests.values(graph, moved, ["y"])[0][0]
                }
                let slope = (sums[0] - sums[1]) / 2e-5
                let found = gradients[index][place]
                #expect(abs(found - slope) <= 1e-4 * max(1, abs(slope)), "input \(index), element \(place): \(slope)")
            }
        }
    }

    @Test(
        "Losses of labels, ignored and weighted, agree with differences",
        arguments: ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"], ["none", "sum", "mean"])
    func losses(_ name: String, _ reduction: String) throws {
        for isWeighted in [false, true] {
            var inputs = ["x0", "labels"]
            if isWeighted { inputs.append("weights") }
            let loss = Node(
                name, opset: 18, inputs: inputs, outputs: ["h"],
                attributes: ["reduction": .string(reduction), "ignore_index": .integer(-7)])
            var graph = Graph(
                inputs: [Value("x0", .tensor(.float64, [3, 4]))],
                nodes: [
                    loss, Node("Mul", opset: 18, inputs: ["h", "h"], outputs: ["s"]),
                    Node("ReduceSum", opset: 18, inputs: ["s"], outputs: ["y"], attributes: ["keepdims": .integer(0)]),
                ],
                constants: [
                    "labels": try Tensor([2, -7, 1] as [Int64], shape: [3]),
                    "weights": try Tensor([1, 0.5, 2, 3] as [Double], shape: [4]),
                ], opsets: ["": 18])
            for index in graph.nodes.indices { try GradientTests.catalogue.resolve(&graph.nodes[index]) }
            graph.nodes.append(
                Node(
                    "Gradient", domain: "ai.onnx.preview.training", opset: 1, inputs: ["x0"], outputs: ["d"],
                    attributes: ["xs": .strings(["x0"]), "y": .string("y")]))
            try GradientTests.expand(&graph)
            let numbers = (0..<12).map { Double($0 * 5 % 7) / 4 - 0.6 }
            let found = try GradientTests.values(graph, [Tensor(numbers, shape: [3, 4])], ["d"])[0]
            for place in numbers.indices {
                let sums = try [1e-5, -1e-5].map { step in
                    var changed = numbers
                    changed[place] += step
                    return try GradientTests.values(graph, [Tensor(changed, shape: [3, 4])], ["y"])[0][0]
                }
                let slope = (sums[0] - sums[1]) / 2e-5
                #expect(abs(found[place] - slope) <= 1e-4 * max(1, abs(slope)), "\(isWeighted), \(place): \(slope)")
            }
        }
    }

    @Test("A derivative can be differentiated again, at other values too")
    func secondOrder() throws {
        var graph = Graph(
            inputs: [Value("x", .tensor(.float64, [3])), Value("v", .tensor(.float64, [3]))],
            nodes: [
                Node("Tanh", opset: 18, inputs: ["x"], outputs: ["h"]),
                Node("Mul", opset: 18, inputs: ["h", "x"], outputs: ["y"]),
            ], opsets: ["": 18])
        for index in graph.nodes.indices { try GradientTests.catalogue.resolve(&graph.nodes[index]) }
        for (input, target, output) in [("x", "y", "d"), ("v", "d", "dd")] {
            graph.nodes.append(
                Node(
                    "Gradient", domain: "ai.onnx.preview.training", opset: 1, inputs: [input], outputs: [output],
                    attributes: ["xs": .strings(["x"]), "y": .string(target)]))
            try GradientTests.expand(&graph)
        }
        let x = try Tensor([0.1, -0.4, 1.2], shape: [3])
        let v = try Tensor([0.3, 0.9, -0.7], shape: [3])
        let found = try GradientTests.values(graph, [x, v], ["dd"])[0]
        for step in [1e-5] {
            let above = try GradientTests.values(
                graph, [Tensor([0.3 + step, 0.9 + step, -0.7 + step], shape: [3]), v], ["d"])
            let below = try GradientTests.values(
                graph, [Tensor([0.3 - step, 0.9 - step, -0.7 - step], shape: [3]), v], ["d"])
            for index in 0..<3 {
                #expect(abs(found[index] - (above[0][index] - below[0][index]) / (2 * step)) < 1e-4)
            }
        }
    }

    @Test("What does not matter has a gradient of 0, and what cannot be differentiated is named")
    func refusals() throws {
        func gradient(_ nodes: [Node], _ attributes: [String: Attribute], _ inputs: [String]) throws -> Graph {
            var graph = Graph(
                inputs: [Value("x", .tensor(.float64, [2])), Value("z", .tensor(.float64, [2]))], nodes: nodes,
                opsets: ["": 18])
            for index in graph.nodes.indices { try GradientTests.catalogue.resolve(&graph.nodes[index]) }
            graph.nodes.append(
                Node(
                    "Gradient", domain: "ai.onnx.preview.training", opset: 1, inputs: inputs, outputs: ["d"],
                    attributes: attributes))
            try GradientTests.expand(&graph)
            return graph
        }
        func refusal(_ body: () throws -> Graph) -> ComputeError? {
            do { _ = try body() } catch { return error as? ComputeError }
            return nil
        }
        let floor = [Node("Floor", opset: 18, inputs: ["x"], outputs: ["y"])]
        let names: [String: Attribute] = ["xs": .strings(["x"]), "y": .string("y")]
        let x = try Tensor([1.5, 2], shape: [2])
        #expect(try GradientTests.values(try gradient(floor, names, ["x"]), [x, x], ["d"]) == [[0, 0]])
        let sorting = [Node("CumSum", opset: 18, inputs: ["x", "z"], outputs: ["y"])]
        let unknown = refusal { try gradient(sorting, names, ["x"]) }
        #expect(unknown?.code == .unsupported && unknown?.message.contains("CumSum") == true)
        #expect(refusal { try gradient(floor, names, ["x", "z"]) }?.code == .value)
        #expect(refusal { try gradient(floor, ["xs": .strings(["x", "x"]), "y": .string("y")], ["x", "z"]) } != nil)
        #expect(refusal { try gradient(floor, ["y": .string("y")], ["x"]) }?.code == .attribute)
    }
}
