// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import Glibc

/// Graphs as text and pictures.
enum GraphDrawing {
    /// The graph in the text form that tests and the parser use.
    static func text(_ graph: Graph) throws -> String { GraphPrinter().text(of: graph) }

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

    /// The picture graphviz makes of it.
    static func svg(_ graph: Graph, facts: GraphFacts) throws -> String {
        let folder = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].first { FileBytes.exists($0 + "/dot") }
        guard let folder else {
            throw Failure(
                "SVG needs graphviz: no 'dot' in /usr/bin or /usr/local/bin. Install it, or use --graph dot")
        }
        let path = "/tmp/apus-\(getpid())"
        defer {
            unsafe unlink(path + ".dot")
            unsafe unlink(path + ".svg")
        }
        try FileBytes.write(Array(dot(graph, facts: facts).utf8), to: path + ".dot")
        guard unsafe system("\(folder)/dot -Tsvg -o \(path).svg \(path).dot") == 0 else {
            throw Failure("graphviz could not draw the graph")
        }
        return String(decoding: try FileBytes.read(path + ".svg"), as: UTF8.self)
    }
}
