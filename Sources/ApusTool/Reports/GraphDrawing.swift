// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs

/// Graphs as text.
enum GraphDrawing {
    /// The graph in the text form that tests and the parser use.
    static func text(_ graph: Graph) -> String { GraphPrinter().text(of: graph) }

    /// The graph for graphviz; edges carry types where they are known.
    static func dot(_ graph: Graph, facts: GraphFacts) -> String {
        var lines = [
            "digraph \(quoted(graph.name)) {", "  rankdir=TB;",
            "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3f8\", fontname=\"Helvetica\", fontsize=10];",
            "  edge [fontname=\"Helvetica\", fontsize=8, color=\"#667788\"];",
        ]
        var sources: [String: String] = [:]
        for (index, input) in graph.inputs.enumerated() {
            sources[input.name] = "input\(index)"
            lines.append(
                "  input\(index) [label=\(quoted(input.name + "\n" + input.type.description)), shape=ellipse];")
        }
        for (index, node) in graph.nodes.enumerated() {
            let constants = node.inputs.compactMap { name in graph.constants[name].map { "\(name) \($0)" } }
            let label = ([node.qualifiedName] + constants.prefix(4)).joined(separator: "\n")
            lines.append("  node\(index) [label=\(quoted(label))];")
            for name in node.reads {
                guard let source = sources[name] else { continue }
                let type = facts.type(of: name)
                lines.append("  \(source) -> node\(index) [label=\(quoted(type == .unknown ? "" : type.description))];")
            }
            for name in node.outputs where !name.isEmpty { sources[name] = "node\(index)" }
        }
        for (index, output) in graph.outputs.enumerated() {
            lines.append(
                "  output\(index) [label=\(quoted(output.name + "\n" + output.type.description)), shape=ellipse];")
            if let source = sources[output.name] { lines.append("  \(source) -> output\(index);") }
        }
        return (lines + ["}", ""]).joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" ? "\\\"" : $0 == "\n" ? "\\n" : $0 == "\\" ? "\\\\" : String($0) }.joined() + "\""
    }
}
