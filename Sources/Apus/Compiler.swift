// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusExecution
package import ApusGraphs
import ApusOperators

/// Takes a graph from its imported form to the form a plan is made of.
package enum Compiler {
    /// The operators a graph may use, the lowered ones included.
    package static let catalogue: Catalogue = {
        var catalogue = Catalogue(standardOperators)
        catalogue.add(CPUBackend.operators)
        return catalogue
    }()

    /// The graph as far compiled as asked.
    ///
    /// - Throws: ``PlanError`` when a pass makes a node that cannot be resolved.
    package static func compile(_ graph: Graph, to stage: Stage, options: PlanOptions) throws(PlanError) -> Graph {
        switch stage {
        case .imported: return graph
        case .simplified: return graph
        case .lowered: return try CPUBackend().lower(graph, options: options)
        }
    }
}

/// How far a model is compiled.
public enum Stage: String, Sendable, CaseIterable {
    /// As the file says.
    case imported
    /// After the portable passes.
    case simplified
    /// After everything this machine's plan does.
    case lowered
}
