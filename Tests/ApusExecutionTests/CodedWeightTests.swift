// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusOperators
import ApusPasses
import ApusTensors
import Testing

@Suite struct CodedWeightTests: GraphLowering {
    let catalogue = Catalogue(standardOperators + CPUBackend.operators)

    /// Numbers that look random, the same for a seed.
    private struct Numbers {
        var state: UInt64

        mutating func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }

        mutating func floats(_ shape: Shape, from least: Float = -1) throws -> Tensor {
            let values = (0..<shape.elementCount).map { _ in least + Float(next() % 1000) * (1 - least) / 1000 }
            return try Tensor(values, shape: shape)
        }

        /// Patterns of integers of up to eight bits, one for each byte.
        mutating func codes(_ type: ElementType, _ shape: Shape) throws -> Tensor {
            var tensor = try MutableTensor(type, shape)
            var elements = try tensor.patterns(of: UInt8.self)
            let mask = UInt8(truncatingIfNeeded: 1 << type.storedBitWidth - 1)
            for index in elements.indices { elements[index] = UInt8(truncatingIfNeeded: next()) & mask }
            return tensor.finish()
        }
    }

    private func options(_ instructionSet: InstructionSet) -> PlanOptions {
        PlanOptions(workers: WorkerPool(threadCount: 2), instructionSet: instructionSet, catalogue: catalogue)
    }

    private static let opsets = ["": 25, "com.microsoft": 1]

    /// What a plan is made of: weights are lowered, what is left of them expanded, and the rest lowered.
    private func lowered(_ graph: Graph, _ options: PlanOptions) throws -> Graph {
        var result = graph
        result.inferTypes()
        try apply(CPUBackend().weightPasses(options), to: &result)
        try Pipeline.weightExpansion.run(on: &result, context)
        try apply(CPUBackend().loweringPasses(options), to: &result)
        return result
    }

    private func expectAgreement(
        _ graph: Graph, _ operators: [String] = ["apus.cpu.MatMulNBits"], bound: Float = 2e-4, _ comment: String = ""
    ) throws {
        var numbers = Numbers(state: 5)
        let input = try numbers.floats(try #require(graph.inputs[0].type.shape))
        let expected = try #require(
            try CPUPlan(graph, options: options(.scalar)).makeSession().run([.tensor(input)])[0].tensor)
        for instructionSet in InstructionSet.present {
            let options = options(instructionSet)
            let lowered = try lowered(graph, options)
            #expect(lowered.nodes.map(\.qualifiedName) == operators, "\(comment)")
            let actual = try #require(
                try CPUPlan(lowered, options: options).makeSession().run([.tensor(input)])[0].tensor)
            #expect(actual.shape == expected.shape)
            let pairs = zip(try actual.array(of: Float.self), try expected.array(of: Float.self))
            let worst = pairs.map { abs($0 - $1) }.max() ?? 0
            #expect(worst < bound, "\(instructionSet.rawValue), \(comment): off by \(worst)")
        }
    }

    @Test("MatMulNBits of any bits and zero points is lowered with bias and activation", arguments: [2, 4, 8])
    func narrowProducts(_ bits: Int) throws {
        for (rows, k, n, block) in [(1, 64, 40, 16), (6, 70, 33, 32), (19, 256, 17, 64), (70, 40, 9, 16)] {
            let blocks = (k - 1) / block + 1
            for zeros in ["", "packed", "real"] {
                var numbers = Numbers(state: UInt64(bits + rows))
                var constants = [
                    "w": try numbers.codes(.uint8, [n, blocks, block * bits / 8]),
                    "s": try numbers.floats([n, blocks], from: 0), "b": try numbers.floats([n]),
                ]
                if zeros == "packed" { constants["z"] = try numbers.codes(.uint8, [n * ((blocks * bits + 7) / 8)]) }
                if zeros == "real" { constants["z"] = try numbers.floats([n, blocks], from: 3) }
                let product = Node(
                    "MatMulNBits", domain: "com.microsoft", opset: 1,
                    inputs: ["x", "w", "s", zeros.isEmpty ? "" : "z", "", rows == 6 ? "b" : ""], outputs: ["p"],
                    attributes: [
                        "K": .integer(Int64(k)), "N": .integer(Int64(n)), "bits": .integer(Int64(bits)),
                        "block_size": .integer(Int64(block)),
                    ])
                let relu = Node("Relu", opset: 18, inputs: ["p"], outputs: ["y"])
                try expectAgreement(
                    try graph([rows, k], [product, relu], constants: constants, opsets: Self.opsets),
                    bound: bits == 8 ? 2e-2 : 2e-3,
                    "\(bits) bits, \(rows) rows, zeros '\(zeros)'")
            }
        }
    }

    @Test("Groups that are not the blocks stay with the plain operator")
    func groups() throws {
        for isIdentity in [true, false] {
            var numbers = Numbers(state: 3)
            let indices = (0..<32).map { Int32(isIdentity ? $0 / 16 : $0 % 2) }
            let constants = [
                "w": try numbers.codes(.uint8, [5, 2, 8]), "s": try numbers.floats([5, 2]),
                "g": try Tensor(indices, shape: [32]),
            ]
            let product = Node(
                "MatMulNBits", domain: "com.microsoft", opset: 1, inputs: ["x", "w", "s", "", "g"], outputs: ["y"],
                attributes: ["K": .integer(32), "N": .integer(5), "bits": .integer(4), "block_size": .integer(16)])
            try expectAgreement(
                try graph([3, 32], [product], constants: constants, opsets: Self.opsets),
                [isIdentity ? "apus.cpu.MatMulNBits" : "com.microsoft.MatMulNBits"])
        }
    }

    @Test(
        "Products of dequantized constants read the integers, whatever the layout of the scales",
        arguments: [ElementType.int8, .uint8, .int4, .uint4, .int2, .uint2])
    func dequantized(_ type: ElementType) throws {
        let (k, n, block) = (50, 37, 16)
        let blocks = (k - 1) / block + 1
        for layout in ["tensor", "column", "block"] {
            for form in ["MatMul", "Transpose", "Gemm", "GemmTransposed"] {
                let isTurned = form == "Transpose" || form == "GemmTransposed"
                var numbers = Numbers(state: UInt64(form.count + layout.count))
                var attributes: [String: Attribute] = ["axis": .integer((layout == "block") == isTurned ? 1 : 0)]
                var scales: Shape = [n]
                if layout == "tensor" { scales = [] }
                if layout == "block" {
                    scales = isTurned ? [n, blocks] : [blocks, n]
                    attributes["block_size"] = .integer(Int64(block))
                }
                if layout == "column" { attributes["axis"] = .integer(isTurned ? 0 : 1) }
                var constants = [
                    "w": try numbers.codes(type, isTurned ? [n, k] : [k, n]),
                    "s": try numbers.floats(scales, from: 0.1), "b": try numbers.floats([n]),
                ]
                let hasZero = form != "Gemm"
                if hasZero { constants["z"] = try numbers.codes(type, scales) }
                var nodes = [
                    Node(
                        "DequantizeLinear", opset: 25, inputs: hasZero ? ["w", "s", "z"] : ["w", "s"],
                        outputs: ["d"], attributes: attributes)
                ]
                if form == "Transpose" { nodes.append(Node("Transpose", opset: 25, inputs: ["d"], outputs: ["t"])) }
                if form.hasPrefix("Gemm") {
                    nodes.append(
                        Node(
                            "Gemm", opset: 13, inputs: ["x", "d", "b"], outputs: ["y"],
                            attributes: ["transB": .integer(isTurned ? 1 : 0), "alpha": .float(0.5)]))
                } else {
                    let right = form == "Transpose" ? "t" : "d"
                    nodes += [
                        Node("MatMul", opset: 13, inputs: ["x", right], outputs: ["p"]),
                        Node("Add", opset: 14, inputs: ["p", "b"], outputs: ["y"]),
                    ]
                }
                try expectAgreement(
                    try graph([4, k], nodes, constants: constants, opsets: Self.opsets),
                    bound: type.storedBitWidth == 8 ? 5e-2 : 5e-3,
                    "\(type.name), \(layout), \(form)")
            }
        }
    }

    @Test("Scales along the depth, and weights that others read too, are made floats as before")
    func refusals() throws {
        var numbers = Numbers(state: 8)
        let constants = [
            "w": try numbers.codes(.int8, [20, 6]), "s": try numbers.floats([20]), "c": try numbers.floats([6, 3]),
        ]
        func dequantize(_ axis: Int64) -> Node {
            Node(
                "DequantizeLinear", opset: 13, inputs: ["w", "s"], outputs: ["d"],
                attributes: ["axis": .integer(axis)])
        }
        let product = Node("MatMul", opset: 13, inputs: ["x", "d"], outputs: ["y"])
        try expectAgreement(
            try graph([2, 20], [dequantize(0), product], constants: constants, opsets: Self.opsets),
            ["apus.cpu.MatMul"], bound: 5e-3)
        var shared = constants
        shared["s"] = try numbers.floats([6])
        let nodes = [
            dequantize(1), Node("MatMul", opset: 13, inputs: ["x", "d"], outputs: ["p"]),
            Node(
                "Einsum", opset: 12, inputs: ["p", "d"], outputs: ["y"],
                attributes: ["equation": .string("ij,kj->ik")]),
        ]
        try expectAgreement(
            try graph([2, 20], nodes, constants: shared, opsets: Self.opsets), ["apus.cpu.MatMulNBits", "Einsum"],
            bound: 5)
    }

    @Test("Weights of half scales stay coded in a graph of half types", arguments: [ElementType.float16, .bfloat16])
    func half(_ type: ElementType) throws {
        var numbers = Numbers(state: 9)
        let constants = [
            "w": try numbers.codes(.uint4, [24, 40]), "s": try numbers.floats([24], from: 0.5).cast(to: type),
            "z": try numbers.codes(.uint4, [24]),
        ]
        func cast(_ name: String, _ output: String, _ type: ElementType) -> Node {
            Node(
                "Cast", opset: 13, inputs: [name], outputs: [output], attributes: ["to": .integer(Int64(type.rawValue))]
            )
        }
        let nodes = [
            cast("x", "h", type),
            Node(
                "DequantizeLinear", opset: 25, inputs: ["w", "s", "z"], outputs: ["d"],
                attributes: ["axis": .integer(0)]),
            Node("Transpose", opset: 13, inputs: ["d"], outputs: ["t"]),
            Node("MatMul", opset: 13, inputs: ["h", "t"], outputs: ["p"]), cast("p", "y", .float32),
        ]
        let graph = try graph([3, 40], nodes, constants: constants, opsets: Self.opsets)
        let names = try lowered(graph, options(.best)).nodes.map(\.qualifiedName)
        #expect(names.contains("apus.cpu.MatMulNBits"))
        try expectAgreement(graph, names, bound: type == .float16 ? 0.5 : 4)
    }
}
