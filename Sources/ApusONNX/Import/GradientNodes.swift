// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

extension GraphBuilder {
    /// Turns the values that a `Gradient` names in its attributes into what they are called in the graph.
    func resolveNames(of node: inout Node, in scope: Scope, at byteOffset: Int) throws(ImportError) {
        func resolved(_ name: String) throws(ImportError) -> String {
            guard let value = scope.resolve(name), !value.isEmpty else {
                throw ImportError(
                    .graph, "\(node.qualifiedName) names \(name.quoted), which nothing makes", at: byteOffset)
            }
            return value
        }
        for (name, attribute) in node.attributes where ["xs", "zs", "y"].contains(name) {
            switch attribute {
            case .string(let value): node.setAttribute(name, .string(try resolved(value)))
            case .strings(let values):
                var names: [String] = []
                for value in values { names.append(try resolved(value)) }
                node.setAttribute(name, .strings(names))
            default: continue
            }
        }
    }
}

extension ModelBuilder {
    /// Puts the nodes that compute a derivative in the place of every `Gradient`, inner ones first.
    func expandGradients(of graph: inout Graph) throws(ImportError) {
        guard let catalogue else { return }
        var waiting = graph.nodes.indices.filter { GradientExpansion.isGradient(graph.nodes[$0]) }
        while !waiting.isEmpty {
            var refusal: ComputeError?
            var isDone = false
            for position in waiting {
                do throws(ComputeError) {
                    let expansion = try GradientExpansion(graph, position, catalogue: catalogue, names: names)
                    guard !expansion.path.contains(where: waiting.contains) else { continue }
                    let (nodes, constants) = try expansion.expanded()
                    graph.nodes.replaceSubrange(position...position, with: nodes)
                    graph.constants.merge(constants) { $1 }
                    isDone = true
                } catch {
                    refusal = error
                }
                if isDone { break }
            }
            guard isDone else {
                if reader.options.allowsUnresolvedOperators { return }
                let error = refusal ?? .value("the derivatives depend on one another in a circle")
                throw ImportError(.refusedOperator, "Gradient, domain 'ai.onnx.preview.training'", cause: error)
            }
            try checkSize(graph)
            graph.nodes = try RunningOrder.sorted(graph.nodes)
            waiting = graph.nodes.indices.filter { GradientExpansion.isGradient(graph.nodes[$0]) }
        }
    }
}
