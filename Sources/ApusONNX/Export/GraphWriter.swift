// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Writes the graphs of one model.
final class GraphWriter {
    private(set) var opsets: [String: Int]
    private(set) var functions: [WireWriter] = []
    private(set) var leastIRVersion = 4
    private var names: NameSource
    private let weights: (any ExternalTensors)?

    init(_ graph: Graph, weights: (any ExternalTensors)?) {
        self.weights = weights
        opsets = graph.opsets
        var names: Set<String> = []
        var wanted: [String: Int] = [:]
        GraphWriter.visit(graph) { graph in
            names.formUnion(graph.inputs.map(\.name))
            names.formUnion(graph.constants.keys)
            for node in graph.nodes {
                names.formUnion(node.outputs)
                wanted[node.domain] = max(wanted[node.domain] ?? 1, node.opset)
            }
        }
        opsets.merge(wanted) { own, _ in own }
        self.names = NameSource(avoiding: names)
    }

    private static func visit(_ graph: Graph, _ body: (Graph) -> Void) {
        body(graph)
        for node in graph.nodes {
            for (_, subgraph) in node.subgraphs { visit(subgraph, body) }
        }
    }

    /// The graph as a `GraphProto`; `outer` holds the names that the graphs around it provide.
    func message(_ graph: Graph, outer: Set<String>) throws(ExportError) -> WireWriter {
        var writer = WireWriter()
        var own = Set(graph.inputs.map(\.name)).union(graph.constants.keys)
        for node in graph.nodes { own.formUnion(node.outputs) }
        let visible = own.union(outer)
        for node in graph.nodes { writer.message(1, try call(node, visible)) }
        var outputs = graph.outputs
        for index in outputs.indices where !own.contains(outputs[index].name) {
            // Readers refuse a subgraph that hands out a value of an enclosing graph as it is.
            let copy = names.fresh(outputs[index].name + "_copy")
            let identity = Node(
                "Identity", opset: opsets[""] ?? 13, inputs: [outputs[index].name], outputs: [copy])
            opsets[""] = opsets[""] ?? identity.opset
            writer.message(1, try node(identity, visible))
            outputs[index].name = copy
        }
        writer.string(2, graph.name.isEmpty ? "graph" : graph.name)
        for (name, tensor) in graph.constantsInReadingOrder {
            note(tensor.elementType)
            writer.message(5, try TensorWriter.message(tensor, name: name, weights: weights))
        }
        for input in graph.inputs { writer.message(11, value(input)) }
        for output in outputs {
            let type = output.type == .unknown ? graph.types[output.name] ?? .unknown : output.type
            writer.message(12, value(Value(output.name, type)))
        }
        let declared = Set(graph.inputs.map(\.name) + outputs.map(\.name)).union(graph.constants.keys)
        for (name, type) in graph.types.sorted(by: { $0.key < $1.key })
        where TypeWriter.canWrite(type) && own.contains(name) && !declared.contains(name) {
            writer.message(13, value(Value(name, type)))
        }
        return writer
    }

    private func value(_ value: Value) -> WireWriter {
        var writer = WireWriter()
        writer.string(1, value.name)
        if TypeWriter.canWrite(value.type) {
            if let elementType = value.type.elementType { note(elementType) }
            writer.message(2, TypeWriter.message(value.type))
        }
        return writer
    }

    /// Raises the file format's version to one that has the element type.
    private func note(_ elementType: ElementType) {
        let version =
            switch elementType {
            case .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ: 9
            case .uint4, .int4: 10
            case .float4E2M1: 11
            case .float8E8M0: 12
            case .uint2, .int2: 13
            case .float6E2M3, .float6E3M2: 14
            default: 4
            }
        leastIRVersion = max(leastIRVersion, version)
    }

    /// The node, or a call of a function around it where the model's version of its domain is another.
    private func call(_ node: Node, _ visible: Set<String>) throws(ExportError) -> WireWriter {
        guard let version = opsets[node.domain], version != node.opset else { return try self.node(node, visible) }
        guard node.captures.isEmpty else {
            throw ExportError(
                .unsupported,
                "\(node.qualifiedName) is of opset \(node.opset), the model of \(version), "
                    + "and its body reads values around it")
        }
        leastIRVersion = max(leastIRVersion, 8)
        let name = "\(node.operatorName)_\(node.opset)_\(functions.count)"
        var body = node
        body.inputs = node.inputs.indices.map { node.inputs[$0].isEmpty ? "" : "input\($0)" }
        body.outputs = node.outputs.indices.map { node.outputs[$0].isEmpty ? "" : "output\($0)" }
        var function = WireWriter()
        function.string(1, name)
        for input in body.inputs where !input.isEmpty { function.string(4, input) }
        for output in body.outputs where !output.isEmpty { function.string(5, output) }
        function.message(7, try self.node(body, visible))
        function.message(9, ONNXExporter.opset(node.domain, node.opset))
        function.string(10, GraphWriter.functionDomain)
        functions.append(function)
        opsets[GraphWriter.functionDomain] = 1
        return try self.node(
            Node(
                name, domain: GraphWriter.functionDomain, opset: 1, name: node.name,
                inputs: node.inputs.filter { !$0.isEmpty }, outputs: node.outputs.filter { !$0.isEmpty }), visible)
    }

    private static let functionDomain = "apus.versions"

    private func node(_ node: Node, _ visible: Set<String>) throws(ExportError) -> WireWriter {
        var writer = WireWriter()
        for input in node.inputs { writer.string(1, input) }
        for output in node.outputs { writer.string(2, output) }
        writer.text(3, node.name)
        writer.string(4, node.operatorName)
        for (name, attribute) in node.attributes.sorted(by: { $0.key < $1.key }) {
            writer.message(5, try self.attribute(name, attribute, visible))
        }
        writer.text(7, node.domain)
        return writer
    }

    private func attribute(
        _ name: String, _ attribute: Attribute, _ visible: Set<String>
    ) throws(ExportError) -> WireWriter {
        var writer = WireWriter()
        writer.string(1, name)
        let kind: AttributeMessage.Kind
        switch attribute {
        case .float(let value):
            kind = .float
            writer.float(2, value)
        case .integer(let value):
            kind = .integer
            writer.integer(3, value)
        case .string(let value):
            kind = .string
            writer.string(4, value)
        case .tensor(let tensor):
            kind = .tensor
            writer.message(5, try TensorWriter.message(tensor))
        case .graph(let graph):
            kind = .graph
            writer.message(6, try message(graph, outer: visible))
        case .floats(let values):
            kind = .floats
            for value in values { writer.float(7, value) }
        case .integers(let values):
            kind = .integers
            for value in values { writer.integer(8, value) }
        case .strings(let values):
            kind = .strings
            for value in values { writer.string(9, value) }
        case .tensors(let tensors):
            kind = .tensors
            for tensor in tensors { writer.message(10, try TensorWriter.message(tensor)) }
        case .graphs(let graphs):
            kind = .graphs
            for graph in graphs { writer.message(11, try message(graph, outer: visible)) }
        case .type(let type):
            kind = .type
            writer.message(14, TypeWriter.message(type))
        case .types(let types):
            kind = .types
            for type in types { writer.message(15, TypeWriter.message(type)) }
        }
        writer.integer(20, kind.rawValue)
        return writer
    }
}

extension Graph {
    /// The constants in the order in which the nodes come to read them, so that files are read from front to back.
    fileprivate var constantsInReadingOrder: [(name: String, tensor: Tensor)] {
        var ranks: [String: Int] = [:]
        for name in nodes.flatMap(\.reads) where ranks[name] == nil { ranks[name] = ranks.count }
        func rank(_ name: String) -> Int { ranks[name] ?? ranks.count }
        return constants.sorted { (rank($0.key), $0.key) < (rank($1.key), $1.key) }.map { ($0.key, $0.value) }
    }
}
