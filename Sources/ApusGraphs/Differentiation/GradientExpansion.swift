// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Writes a `Gradient` node out as the nodes that compute the derivative, by going backwards through the graph.
package struct GradientExpansion {
    private let graph: Graph
    private let position: Int
    private let catalogue: Catalogue
    private let names: NameSource
    private let request: Request

    /// What a node asks for.
    private struct Request {
        /// The values to differentiate by, then those that are given but not differentiated by.
        var variables: [String]
        var wantedCount: Int
        var target: String
    }

    /// Reads the node at a position of a graph whose nodes stand behind what they read.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` or `value`.
    package init(_ graph: Graph, _ position: Int, catalogue: Catalogue, names: NameSource) throws(ComputeError) {
        self.graph = graph
        self.position = position
        self.catalogue = catalogue
        self.names = names
        let node = graph.nodes[position]
        let reader = NodeReader(node)
        let wanted = try reader.strings("xs")
        request = Request(
            variables: wanted + (try reader.strings("zs")), wantedCount: wanted.count,
            target: try reader.string("y", default: ""))
        guard !wanted.isEmpty, !request.target.isEmpty else { throw .attribute("attributes 'xs' and 'y' are needed") }
        guard request.variables.count == node.inputs.count, !node.inputs.contains("") else {
            throw .value("'xs' and 'zs' name \(request.variables.count) values, the inputs are \(node.inputs.count)")
        }
        guard Set(request.variables).count == request.variables.count else {
            throw .attribute("a value stands twice in 'xs' and 'zs'")
        }
        guard node.outputs.count <= wanted.count else {
            throw .value("'xs' names \(wanted.count) values, the outputs are \(node.outputs.count)")
        }
    }

    /// Whether a node is an unexpanded `Gradient`.
    package static func isGradient(_ node: Node) -> Bool {
        node.operation == nil && node.operatorName == "Gradient" && node.domain == "ai.onnx.preview.training"
    }

    /// Positions of the nodes between the variables and the target, in running order.
    package var path: [Int] {
        let producers = graph.producers
        let cut = Set(request.variables)
        var found: Set<Int> = []
        var waiting = [request.target]
        while let name = waiting.popLast() {
            guard !cut.contains(name), let producer = producers[name], found.insert(producer).inserted else { continue }
            waiting += graph.nodes[producer].reads
        }
        return found.sorted()
    }

    /// The nodes that stand for the one asked about, and the constants they read.
    ///
    /// - Throws: ``ComputeError`` with code `unsupported` naming the operator that cannot be differentiated.
    package func expanded() throws(ComputeError) -> (nodes: [Node], constants: [String: Tensor]) {
        let node = graph.nodes[position]
        var nodes = path.map { graph.nodes[$0] }
        var types = graph.inferred().values.mapValues(\.type)
        var copies: [Node] = []
        var target = request.target
        var variables = node.inputs
        if request.variables != node.inputs {
            var renamed: [String: String] = [:]
            variables = request.variables.map { names.fresh($0) }
            for (index, variable) in variables.enumerated() {
                renamed[request.variables[index]] = variable
                copies.append(try identity(node.inputs[index], variable))
            }
            nodes = try repeated(nodes, &renamed, &copies)
            target = renamed[target] ?? target
            types = inferred(copies, types)
        }
        let active = GradientExpansion.active(nodes, Set(variables.prefix(request.wantedCount)))
        var tape = GradientTape(
            active: active, types: types, names: names, catalogue: catalogue, opset: graph.opsets[""] ?? 0)
        if active.contains(target) { tape.seed(target, try tape.filled(1, like: target)) }
        for step in nodes.reversed() { try GradientExpansion.walkBack(step, active, &tape) }
        for (index, output) in node.outputs.enumerated() where !output.isEmpty {
            let variable = variables[index]
            if let gradient = try tape.gradient(of: variable) {
                try tape.define(output, as: gradient)
            } else {
                try tape.define(output, as: try tape.filled(0, like: variable))
            }
        }
        return (copies + tape.nodes, tape.constants)
    }

    private func identity(_ source: String, _ target: String) throws(ComputeError) -> Node {
        var node = Node("Identity", opset: Swift.max(graph.opsets[""] ?? 0, 13), inputs: [source], outputs: [target])
        try catalogue.resolve(&node)
        return node
    }

    private static func walkBack(
        _ step: Node, _ active: Set<String>, _ tape: inout GradientTape
    ) throws(ComputeError) {
        guard step.reads.contains(where: active.contains), step.outputs.contains(where: active.contains) else { return }
        var hasGradient = false
        for output in step.outputs where try tape.gradient(of: output) != nil { hasGradient = true }
        guard hasGradient else { return }
        let name = step.name.isEmpty ? step.qualifiedName : "\(step.qualifiedName) '\(step.name)'"
        guard let operation = step.operation as? any Differentiable else {
            throw .unsupported("the derivative of \(name) is not known")
        }
        do throws(ComputeError) {
            try operation.differentiate(step, &tape)
        } catch {
            throw .unsupported("the derivative of \(name) cannot be written: \(error.message)")
        }
    }

    /// The values that depend on the variables.
    private static func active(_ nodes: [Node], _ variables: Set<String>) -> Set<String> {
        var active = variables
        for node in nodes
        where !(node.operation is any PiecewiseConstant) && node.reads.contains(where: active.contains) {
            active.formUnion(node.outputs.filter { !$0.isEmpty })
        }
        return active
    }

    /// The nodes as they are for other values of the variables; those that read none of them stay.
    private func repeated(
        _ nodes: [Node], _ renamed: inout [String: String], _ copies: inout [Node]
    ) throws(ComputeError) -> [Node] {
        var result: [Node] = []
        for node in nodes {
            guard node.reads.contains(where: { renamed[$0] != nil }) else {
                result.append(node)
                continue
            }
            guard node.captures.isEmpty else {
                throw .unsupported("\(node.qualifiedName) reads values around it and cannot be repeated for others")
            }
            var copy = node
            copy.inputs = node.inputs.map { renamed[$0] ?? $0 }
            copy.outputs = node.outputs.map { $0.isEmpty ? "" : names.fresh($0) }
            for (old, new) in zip(node.outputs, copy.outputs) where !old.isEmpty && renamed[old] == nil {
                renamed[old] = new
            }
            copies.append(copy)
            result.append(copy)
        }
        return result
    }

    private func inferred(_ copies: [Node], _ types: [String: ValueType]) -> [String: ValueType] {
        let own = Set(copies.flatMap(\.outputs))
        let given = Set(copies.flatMap(\.reads)).subtracting(own)
        let part = Graph(inputs: given.sorted().map { Value($0, types[$0] ?? .unknown) }, nodes: copies)
        return types.merging(part.inferred().values.mapValues(\.type)) { $1 }
    }
}
