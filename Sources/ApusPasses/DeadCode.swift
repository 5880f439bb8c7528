// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Removes nodes and constants nothing reads, and optional outputs nobody wants.
package struct DeadCode: Pass {
    package init() {}

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        let graph = index.graph
        var live = Set(graph.outputs.map(\.name))
        for (position, node) in graph.nodes.enumerated().reversed() {
            guard node.outputs.contains(where: { live.contains($0) }) else {
                patch.remove(position)
                continue
            }
            live.formUnion(node.reads)
            if let trimmed = trimmed(node, live, context.catalogue) { patch.replaceUnresolved(position, with: trimmed) }
        }
        for name in graph.constants.keys where !live.contains(name) { patch.removeConstant(name) }
    }

    /// The node without optional outputs nobody reads, or nil where there are none.
    private func trimmed(_ node: Node, _ live: Set<String>, _ catalogue: Catalogue) -> Node? {
        guard let operation = node.operation, node.subgraphs.isEmpty else { return nil }
        let required = type(of: operation).schema.outputs.lowerBound
        var result = node
        for position in node.outputs.indices
        where position >= required && !node.outputs[position].isEmpty && !live.contains(node.outputs[position]) {
            result.outputs[position] = ""
        }
        while result.outputs.count > max(required, 1), result.outputs.last?.isEmpty == true {
            result.outputs.removeLast()
        }
        guard result.outputs != node.outputs else { return nil }
        do { try catalogue.resolve(&result) } catch { return nil }
        return result
    }
}
