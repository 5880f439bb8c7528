// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// What a graph costs: parameters, multiply-adds, memory of values alive at one time.
struct GraphCost {
    private(set) var parameterCount = 0
    private(set) var parameterBytes = 0
    private(set) var multiplyAdds = 0
    private(set) var peakActivationBytes = 0
    /// Whether every size that matters was known.
    private(set) var isComplete = true

    /// Reckons the cost of a graph whose values have the given facts.
    init(_ graph: Graph, facts: GraphFacts) {
        addParameters(graph)
        addWork(graph, facts)
        peakActivationBytes = peak(graph, facts)
    }

    private mutating func addParameters(_ graph: Graph) {
        for tensor in graph.constants.values {
            parameterCount += tensor.elementCount
            parameterBytes += tensor.elementCount * tensor.elementType.storedBitWidth / 8
        }
        for subgraph in graph.nodes.flatMap(\.subgraphs) { addParameters(subgraph.graph) }
    }

    private mutating func addWork(_ graph: Graph, _ facts: GraphFacts) {
        func shape(_ name: String?) -> Shape? {
            guard let name, !name.isEmpty else { return nil }
            return graph.constants[name]?.shape ?? facts.type(of: name).shape
        }
        for (position, node) in graph.nodes.enumerated() {
            for (index, subgraph) in node.subgraphs.enumerated() {
                let found = facts.subgraphs[position] ?? []
                addWork(subgraph.graph, index < found.count ? found[index] : GraphFacts())
            }
            guard let rule = GraphCost.rules[node.operatorName] else { continue }
            let inputs = node.inputs.map { shape($0) }
            let output = shape(node.outputs.first)
            guard let work = rule(inputs, output) else {
                isComplete = false
                continue
            }
            let (sum, overflow) = multiplyAdds.addingReportingOverflow(work)
            if !overflow { multiplyAdds = sum }
        }
    }

    private typealias Rule = @Sendable ([Shape?], Shape?) -> Int?

    private static let rules: [String: Rule] = [
        "Conv": { perOutput($0, $1, kernel: 1) }, "ConvInteger": { perOutput($0, $1, kernel: 1) },
        "QLinearConv": { perOutput($0, $1, kernel: 3) }, "FusedConv": { perOutput($0, $1, kernel: 1) },
        "ConvTranspose": { inputs, _ in
            guard inputs.count > 1, let input = inputs[0], let kernel = inputs[1], kernel.rank > 1 else { return nil }
            return input.elementCount &* Shape(kernel.dropFirst()).elementCount
        },
        "Gemm": product, "MatMul": product, "MatMulInteger": product, "QLinearMatMul": product, "FusedMatMul": product,
        "QGemm": product, "LSTM": recurrent, "GRU": recurrent, "RNN": recurrent,
    ]

    @Sendable private static func perOutput(_ inputs: [Shape?], _ output: Shape?, kernel: Int) -> Int? {
        guard let output, inputs.count > kernel, let kernel = inputs[kernel], kernel.rank > 1 else { return nil }
        return output.elementCount &* Shape(kernel.dropFirst()).elementCount
    }

    @Sendable private static func product(_ inputs: [Shape?], _ output: Shape?) -> Int? {
        guard let output, let left = inputs.first ?? nil, left.rank > 0 else { return nil }
        let rows = output.rank > 1 ? output[output.rank - 2] : 1
        let inner = left.elementCount / Swift.max(1, rows)
        let isPlain = left.rank > 1 && left[left.rank - 2] == rows
        return output.elementCount &* (isPlain ? left[left.rank - 1] : left.rank == 1 ? left[0] : inner)
    }

    @Sendable private static func recurrent(_ inputs: [Shape?], _ output: Shape?) -> Int? {
        guard inputs.count > 2, let input = inputs[0], input.rank == 3, let weights = inputs[1], let state = inputs[2]
        else { return nil }
        return input[0] &* input[1] &* (weights.elementCount &+ state.elementCount)
    }

    private mutating func peak(_ graph: Graph, _ facts: GraphFacts) -> Int {
        var last: [String: Int] = [:]
        for (index, node) in graph.nodes.enumerated() { for name in node.reads { last[name] = index } }
        for output in graph.outputs { last[output.name] = graph.nodes.count }
        func size(_ name: String) -> Int? {
            guard case .tensor(let elementType, _) = facts.type(of: name) else { return nil }
            return facts.type(of: name).shape.map { $0.elementCount &* elementType.byteWidth }
        }
        var alive = graph.inputs.reduce(0) { $0 &+ (size($1.name) ?? 0) }
        var most = alive
        for (index, node) in graph.nodes.enumerated() {
            for name in node.outputs where !name.isEmpty {
                if let bytes = size(name) { alive = alive &+ bytes } else { isComplete = false }
            }
            most = Swift.max(most, alive)
            for name in Set(node.reads) where last[name] == index && graph.constants[name] == nil {
                alive = alive &- (size(name) ?? 0)
            }
        }
        return most
    }
}
