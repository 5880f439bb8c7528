// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Writes a graph as text that people and ``GraphParser`` read.
package struct GraphPrinter: Sendable {
    /// Whether the types of values between nodes are written.
    package var showsTypes: Bool
    /// The most elements of a constant that are written; larger ones are elided.
    package var inlineElementLimit: Int

    /// Makes a printer.
    package init(showsTypes: Bool = true, inlineElementLimit: Int = 64) {
        self.showsTypes = showsTypes
        self.inlineElementLimit = inlineElementLimit
    }

    /// The graph as text, ending in a newline.
    package func text(of graph: Graph) -> String { lines(of: graph, indent: "") + "\n" }

    /// One node of a graph as text, without a newline at its end.
    package func text(of node: Node, in graph: Graph) -> String { line(node, graph, indent: "") }

    private func lines(of graph: Graph, indent: String) -> String {
        let inner = indent + "  "
        var text = "graph"
        if !graph.name.isEmpty { text += " " + GraphPrinter.quoted(graph.name) }
        text += "(" + graph.inputs.map(value).joined(separator: ", ") + ")"
        text += " -> (" + graph.outputs.map(value).joined(separator: ", ") + ") {\n"
        for (domain, version) in graph.opsets.sorted(by: { $0.key < $1.key }) {
            text += "\(inner)opset \(domain.isEmpty ? "ai.onnx" : GraphPrinter.name(domain)) \(version)\n"
        }
        for (name, tensor) in graph.constants.sorted(by: { $0.key < $1.key }) {
            text += "\(inner)const \(GraphPrinter.name(name)): \(tensor) = \(contents(of: tensor))\n"
        }
        for node in graph.nodes { text += inner + line(node, graph, indent: inner) + "\n" }
        return text + indent + "}"
    }

    private func value(_ value: Value) -> String {
        "\(GraphPrinter.name(value.name)): \(GraphPrinter.type(value.type))"
    }

    private func line(_ node: Node, _ graph: Graph, indent: String) -> String {
        let outputs = node.outputs.map { name in
            guard !name.isEmpty else { return "_" }
            guard showsTypes, let type = graph.types[name], type != .unknown else { return GraphPrinter.name(name) }
            return "\(GraphPrinter.name(name)): \(GraphPrinter.type(type))"
        }
        var text = outputs.joined(separator: ", ") + (outputs.isEmpty ? "= " : " = ")
        if !node.domain.isEmpty { text += GraphPrinter.name(node.domain) + "::" }
        text += GraphPrinter.name(node.operatorName)
        if node.opset != graph.opsets[node.domain] { text += "@\(node.opset)" }
        text += "(" + node.inputs.map { $0.isEmpty ? "_" : GraphPrinter.name($0) }.joined(separator: ", ") + ")"
        if !node.attributes.isEmpty {
            let list = node.attributes.sorted { $0.key < $1.key }
                .map { "\(GraphPrinter.name($0.key)) = \(attribute($0.value, indent))" }
            text += " {" + list.joined(separator: ", ") + "}"
        }
        if !node.name.isEmpty { text += " " + GraphPrinter.quoted(node.name) }
        return text
    }

    private func attribute(_ attribute: Attribute, _ indent: String) -> String {
        func list(_ items: [String], _ kind: String) -> String {
            items.isEmpty ? "\(kind) []" : "[" + items.joined(separator: ", ") + "]"
        }
        switch attribute {
        case .integer(let value): return "\(value)"
        case .float(let value): return GraphPrinter.number(value)
        case .string(let value): return GraphPrinter.quoted(value)
        case .tensor(let value): return "tensor \(value) \(contents(of: value))"
        case .graph(let value): return lines(of: value, indent: indent)
        case .type(let value): return "type \(GraphPrinter.type(value))"
        case .integers(let values): return list(values.map { "\($0)" }, "ints")
        case .floats(let values): return list(values.map(GraphPrinter.number), "floats")
        case .strings(let values): return list(values.map(GraphPrinter.quoted), "strings")
        case .tensors(let values): return list(values.map { "tensor \($0) \(contents(of: $0))" }, "tensors")
        case .graphs(let values): return list(values.map { lines(of: $0, indent: indent) }, "graphs")
        case .types(let values): return list(values.map { "type \(GraphPrinter.type($0))" }, "types")
        }
    }

    private func contents(of tensor: Tensor) -> String {
        let numbers = GraphPrinter.elements(of: tensor, limit: inlineElementLimit)
        if let numbers, tensor.elementCount > 4, Set(numbers).count == 1 { return "splat \(numbers[0])" }
        if let numbers { return "[" + numbers.joined(separator: ", ") + "]" }
        guard tensor.elementCount <= inlineElementLimit else { return "elided" }
        var hex = ""
        let bytes = tensor.bytes
        for index in 0..<bytes.byteCount {
            // SAFETY: every byte is a UInt8.
            let digits = unsafe String(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self), radix: 16)
            hex += digits.count == 1 ? "0" + digits : digits
        }
        return "hex \"\(hex)\""
    }
}
