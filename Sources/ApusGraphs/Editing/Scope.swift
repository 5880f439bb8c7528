// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// What a subgraph can see of the graphs around it.
package struct Scope: Sendable {
    /// Constants of enclosing graphs.
    package var constants: [String: Tensor]
    /// What is known of values of enclosing graphs.
    package var types: [String: ValueType]
    /// How many graphs enclose this one.
    package var depth: Int

    /// The scope of a graph that nothing encloses.
    package init() {
        constants = [:]
        types = [:]
        depth = 0
    }

    /// The scope of subgraphs of the graph's nodes.
    package func entering(_ graph: Graph) -> Scope {
        var result = self
        result.constants.merge(graph.constants) { $1 }
        result.types.merge(graph.types) { $1 }
        for input in graph.inputs where result.types[input.name] == nil { result.types[input.name] = input.type }
        result.depth += 1
        return result
    }
}
