// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusOperators
import ApusPasses
import ApusTensors
import Testing

@Suite struct QuantizedImageTests {
    private let catalogue = Catalogue(standardOperators + CPUBackend.operators)

    private func bytes(_ shape: Shape, _ elementType: ElementType, seed: UInt64) throws -> Tensor {
        var state = seed
        let values = (0..<shape.elementCount).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40)
        }
        return elementType == .int8
            ? try Tensor(values.map { Int8(bitPattern: $0) }, shape: shape) : try Tensor(values, shape: shape)
    }

    private func zero(_ value: Int, _ elementType: ElementType) throws -> Tensor {
        elementType == .int8
            ? try Tensor([Int8(truncatingIfNeeded: value - 128)], shape: [])
            : try Tensor([UInt8(truncatingIfNeeded: value)], shape: [])
    }

    /// Two convolutions, one depthwise, a pool, a sum and a mean, as `QLinearConv` and friends.
    private func graph(_ elementType: ElementType) throws -> Graph {
        var constants: [String: Tensor] = [:]
        for (name, scale) in [("s", Float(0.05)), ("w", 0.01), ("t", 0.21), ("m", 0.4)] {
            constants[name] = try Tensor([scale], shape: [])
        }
        for (name, value) in [("z", 120), ("q", 133)] { constants[name] = try zero(value, elementType) }
        constants["wz"] = try Tensor([Int8(0)], shape: [])
        constants["w1"] = try bytes([24, 3, 3, 3], .int8, seed: 1)
        constants["w2"] = try bytes([24, 1, 3, 3], .int8, seed: 2)
        constants["w3"] = try bytes([24, 24, 1, 1], .int8, seed: 3)
        constants["b"] = try Tensor((0..<24).map { Int32($0 * 40 - 300) }, shape: [24])
        func conv(_ x: String, _ w: String, _ y: String, _ attributes: [String: Attribute]) -> Node {
            Node(
                "QLinearConv", opset: 18, inputs: [x, "s", "z", w, "w", "wz", "t", "q", "b"], outputs: [y],
                attributes: attributes)
        }
        func microsoft(_ name: String, _ inputs: [String], _ output: String) -> Node {
            Node(name, domain: "com.microsoft", opset: 1, inputs: inputs, outputs: [output])
        }
        let nodes = [
            conv("x", "w1", "c1", ["pads": .integers([1, 1, 1, 1]), "strides": .integers([2, 2])]),
            Node(
                "MaxPool", opset: 18, inputs: ["c1"], outputs: ["p"],
                attributes: ["kernel_shape": .integers([3, 3]), "pads": .integers([1, 1, 1, 1])]),
            conv("p", "w2", "c2", ["pads": .integers([1, 1, 1, 1]), "group": .integer(24)]),
            conv("c2", "w3", "c3", [:]),
            microsoft("QLinearAdd", ["p", "t", "q", "c3", "t", "q", "m", "z"], "a"),
            microsoft("QLinearGlobalAveragePool", ["a", "m", "z", "t", "q"], "g"),
            Node("Flatten", opset: 18, inputs: ["g"], outputs: ["y"]),
        ]
        var graph = Graph(
            inputs: [Value("x", .tensor(elementType, [2, 3, 21, 30]))],
            outputs: [Value("y", .unknown), Value("a", .unknown)],
            constants: constants, opsets: ["": 18, "com.microsoft": 1])
        for var node in nodes {
            try catalogue.resolve(&node)
            graph.nodes.append(node)
        }
        return graph
    }

    @Test(
        "A quantised network keeps its channels together from end to end and its numbers",
        arguments: [ElementType.uint8, .int8])
    func network(_ elementType: ElementType) throws {
        let graph = try graph(elementType)
        let input = Datum.tensor(try bytes([2, 3, 21, 30], elementType, seed: 5))
        let plain = PlanOptions(
            workers: WorkerPool(threadCount: 1), instructionSet: .scalar, catalogue: catalogue)
        let expected = try CPUPlan(graph, options: plain).makeSession().run([input]).map { try #require($0.tensor) }
        for instructionSet in InstructionSet.present {
            let options = PlanOptions(
                workers: WorkerPool(threadCount: 2), instructionSet: instructionSet, catalogue: catalogue)
            var lowered = graph
            lowered.inferTypes()
            var context = PassContext(catalogue: catalogue)
            context.verifies = true
            let steps = CPUBackend().loweringPasses(options).map { PassRunner($0) }
            try Pipeline(name: "lowering", steps: steps, roundLimit: 1).run(on: &lowered, context)
            #expect(
                lowered.nodes.map(\.qualifiedName) == [
                    "apus.cpu.ToChannelsLast", "apus.cpu.ChannelsLastConv", "apus.cpu.ChannelsLastMaxPool",
                    "apus.cpu.ChannelsLastConv", "apus.cpu.ChannelsLastConv", "apus.cpu.ToChannelsFirst",
                    "apus.cpu.ChannelsLastMean", "apus.cpu.ToChannelsFirst", "Flatten",
                ])
            let actual = try CPUPlan(lowered, options: options).makeSession().run([input])
            for (datum, wanted) in zip(actual, expected) {
                let tensor = try #require(datum.tensor)
                #expect(tensor.shape == wanted.shape && tensor.elementType == elementType)
                let distances = zip(try tensor.integers(), try wanted.integers()).map { abs($0 - $1) }
                // Zero points of signed bytes are moved, which may round the other way at a tie.
                #expect(distances.max() ?? 0 <= (elementType == .int8 ? 1 : 0), "\(instructionSet.rawValue)")
                #expect(distances.reduce(0, +) * 50 <= distances.count)
            }
        }
    }

    @Test("A dynamically quantised product becomes one node after the quantisation", arguments: [1, 16, 40])
    func dynamicProduct(_ rows: Int) throws {
        let nodes = [
            Node("DynamicQuantizeLinear", opset: 18, inputs: ["x"], outputs: ["q", "s", "z"]),
            Node("MatMulInteger", opset: 18, inputs: ["q", "w", "z", "wz"], outputs: ["i"]),
            Node("Cast", opset: 18, inputs: ["i"], outputs: ["f"], attributes: ["to": .integer(1)]),
            Node("Mul", opset: 18, inputs: ["s", "ws"], outputs: ["t"]),
            Node("Mul", opset: 18, inputs: ["f", "t"], outputs: ["p"]),
            Node("Add", opset: 18, inputs: ["p", "b"], outputs: ["a"]),
            Node("Relu", opset: 18, inputs: ["a"], outputs: ["y"]),
        ]
        var graph = Graph(
            inputs: [Value("x", .tensor(.float32, [1, Dimension(rows), 24]))], outputs: [Value("y", .unknown)],
            constants: [
                "w": try bytes([24, 50], .int8, seed: 7), "wz": try Tensor([Int8(0)], shape: []),
                "ws": try Tensor((0..<50).map { Float($0 + 1) * 0.001 }, shape: [50]),
                "b": try Tensor((0..<50).map { Float($0) * 0.1 - 3 }, shape: [50]),
            ], opsets: ["": 18])
        for var node in nodes {
            try catalogue.resolve(&node)
            graph.nodes.append(node)
        }
        let values = (0..<rows * 24).map { Float(($0 * 7919) % 401) * 0.01 - 1.7 }
        let input = Datum.tensor(try Tensor(values, shape: [1, rows, 24]))
        let plain = PlanOptions(workers: WorkerPool(threadCount: 1), instructionSet: .scalar, catalogue: catalogue)
        let expected = try #require(try CPUPlan(graph, options: plain).makeSession().run([input])[0].tensor)
        for instructionSet in InstructionSet.present {
            let options = PlanOptions(
                workers: WorkerPool(threadCount: 2), instructionSet: instructionSet, catalogue: catalogue)
            var lowered = graph
            lowered.inferTypes()
            let steps = CPUBackend().loweringPasses(options).map { PassRunner($0) }
            try Pipeline(name: "lowering", steps: steps, roundLimit: 1)
                .run(on: &lowered, PassContext(catalogue: catalogue))
            let product = try #require(lowered.nodes.last { $0.qualifiedName == "apus.cpu.MatMulInteger" })
            let isInRows = if case .integer(1) = product.attributes["rows"] { true } else { false }
            #expect(isInRows)
            let actual = try #require(try CPUPlan(lowered, options: options).makeSession().run([input])[0].tensor)
            let pairs = zip(try actual.array(of: Float.self), try expected.array(of: Float.self))
            #expect((pairs.map { abs($0 - $1) }.max() ?? 0) < 1e-4, "\(instructionSet.rawValue)")
        }
    }
}
