// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusPasses
import ApusTensors

/// A suite that makes small graphs and lowers them as plans are made of them.
protocol GraphLowering {
    /// The operators its graphs may use, the lowered ones included.
    var catalogue: Catalogue { get }
}

extension GraphLowering {
    /// What passes are told; the verifier runs after each.
    var context: PassContext {
        var context = PassContext(catalogue: catalogue)
        context.verifies = true
        return context
    }

    /// Numbers between -1 and 1, times a scale, that look random, the same for a seed.
    func floats(_ shape: Shape, seed: UInt64, scale: Float = 1) throws -> Tensor {
        var state = seed
        let values = (0..<shape.elementCount).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23) * scale
        }
        return try Tensor(values, shape: shape)
    }

    /// A graph of one input `x` of floats and one output.
    func graph(
        _ input: Shape, _ nodes: [Node], constants: [String: Tensor], output: String = "y",
        opsets: [String: Int] = ["": 18]
    ) throws -> Graph {
        var graph = Graph(
            inputs: [Value("x", .tensor(.float32, input.map { Dimension($0) }))], outputs: [Value(output, .unknown)],
            constants: constants, opsets: opsets)
        for var node in nodes {
            try catalogue.resolve(&node)
            graph.nodes.append(node)
        }
        return graph
    }

    /// Runs passes once, and clears what they leave behind.
    func apply(_ passes: [any Pass], to graph: inout Graph) throws {
        let steps = passes.map { PassRunner($0) } + [PassRunner(DeadCode())]
        try Pipeline(name: "lowering", steps: steps, roundLimit: 1).run(on: &graph, context)
    }

    /// The graph in the forms of a machine.
    func lowered(_ graph: Graph, _ options: PlanOptions) throws -> Graph {
        var result = graph
        result.inferTypes()
        try apply(CPUBackend().loweringPasses(options), to: &result)
        return result
    }
}
