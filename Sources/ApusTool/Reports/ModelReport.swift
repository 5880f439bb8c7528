// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusFormats
import ApusGraphs
import ApusONNX
import ApusTensors

/// What is in a model.
struct ModelReport {
    let path: String
    let graph: Graph
    let properties: ModelProperties
    let facts: GraphFacts
    let cost: GraphCost
    let plan: PlanReport?
    /// Named sizes that count as 1 where work and memory are reckoned.
    let openSizes: [String]

    /// Looks through a graph.
    init(path: String, graph: Graph, properties: ModelProperties, plan: PlanReport? = nil) {
        self.plan = plan
        self.path = path
        self.graph = graph
        self.properties = properties
        openSizes = Set(graph.inputs.flatMap { $0.type.dimensions ?? [] }.flatMap(\.symbols)).sorted()
        var options = InferenceOptions()
        for name in openSizes { options.symbols[name] = 1 }
        facts = graph.inferred()
        let sized = graph.substituting(options.symbols)
        cost = GraphCost(sized, facts: sized.inferred(options))
    }

    /// Counts of nodes by operator, subgraphs included, the most frequent first.
    var histogram: [(name: String, count: Int)] {
        var counts: [String: Int] = [:]
        func add(_ graph: Graph) {
            for node in graph.nodes {
                counts[node.qualifiedName, default: 0] += 1
                for subgraph in node.subgraphs { add(subgraph.graph) }
            }
        }
        add(graph)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// The declared output type, or what inference found where that says more.
    func outputType(_ value: Value) -> ValueType {
        let found = facts.type(of: value.name)
        return found == .unknown || found.dimensions == nil ? value.type : found
    }

    /// Names and values, one a line.
    var text: String {
        var table = Table(["", ""], [.left, .left])
        table.add(["model", path])
        let program = [properties.producerName, properties.producerVersion].filter { !$0.isEmpty }
        if !program.isEmpty { table.add(["made by", program.joined(separator: " ")]) }
        table.add(["format", "ONNX IR \(properties.irVersion)"])
        table.add(["operator sets", opsets.map { "\($0.domain) \($0.version)" }.joined(separator: ", ")])
        for value in graph.inputs { table.add(["input", "\(value.name): \(value.type)"]) }
        for value in graph.outputs { table.add(["output", "\(value.name): \(outputType(value))"]) }
        table.add(["nodes", String(histogram.reduce(0) { $0 + $1.count })])
        let parameters = "\(Numbers.count(cost.parameterCount)) (\(Numbers.bytes(cost.parameterBytes)))"
        table.add(["parameters", parameters])
        let sizes = openSizes.isEmpty ? "" : " (where " + openSizes.map { "\($0) = 1" }.joined(separator: ", ") + ")"
        let rest = (cost.isComplete ? "" : " or more") + sizes
        table.add(["multiply-adds", Numbers.count(cost.multiplyAdds) + rest])
        table.add(["activations", Numbers.bytes(cost.peakActivationBytes) + rest])
        for (key, value) in properties.metadata {
            table.add(["metadata", "\(key): \(value.count > 100 ? value.prefix(100) + "..." : value[...])"])
        }
        plan?.add(to: &table)
        var operators = Table(["operator", "nodes"], [.left, .right])
        for (name, count) in histogram { operators.add([name, String(count)]) }
        return table.text + "\n\n" + operators.text
    }

    /// Versions by domain, ONNX's own by its full name.
    var opsets: [(domain: String, version: Int)] {
        properties.opsets.sorted { $0.key < $1.key }.map { ($0.key.isEmpty ? "ai.onnx" : $0.key, $0.value) }
    }

    /// The same as an object.
    var json: JSONValue {
        func value(_ value: Value, _ type: ValueType) -> JSONValue {
            let sizes = type.dimensions?.map { $0.value.map { JSONValue($0) } ?? .string($0.description) }
            return .object([
                "name": .string(value.name), "type": .string(type.description),
                "element_type": type.elementType.map { .string($0.name) } ?? .null,
                "shape": sizes.map { .array($0) } ?? .null,
            ])
        }
        return .object([
            "model": .string(path), "ir_version": JSONValue(properties.irVersion),
            "producer": .string(properties.producerName), "producer_version": .string(properties.producerVersion),
            "opsets": .object(opsets.map { .init($0.domain, JSONValue($0.version)) }),
            "inputs": .array(graph.inputs.map { value($0, $0.type) }),
            "outputs": .array(graph.outputs.map { value($0, outputType($0)) }),
            "parameters": JSONValue(cost.parameterCount), "parameter_bytes": JSONValue(cost.parameterBytes),
            "multiply_adds": JSONValue(cost.multiplyAdds), "peak_activation_bytes": JSONValue(cost.peakActivationBytes),
            "is_cost_complete": .bool(cost.isComplete),
            "sizes_taken_as_1": .array(openSizes.map { .string($0) }),
            "operators": .object(histogram.map { .init($0.name, JSONValue($0.count)) }),
            "metadata": .object(
                Dictionary(properties.metadata.map { ($0.key, $0.value) }) { first, _ in first }
                    .sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
            "plan": plan?.json ?? .null,
        ])
    }
}
