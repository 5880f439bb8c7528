// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusExecution
package import ApusGraphs
import ApusOperators
import ApusPasses

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
    /// - Throws: ``PlanError`` when a pass fails.
    package static func compile(
        _ graph: Graph, to stage: Stage, options: PlanOptions, inference: InferenceOptions = InferenceOptions()
    ) throws(PlanError) -> Graph {
        guard stage != .imported else { return graph }
        let original = graph
        var graph = graph
        var inference = inference
        inference.budget = inference.budget ?? options.budget
        var context = PassContext(catalogue: options.catalogue, inference: inference)
        do {
            try Pipeline.portable.run(on: &graph, context)
            if stage == .lowered {
                context.allowsNewestOpset = true
                try Pipeline.fusingAttention.run(on: &graph, context)
                try Pipeline(
                    name: "weights",
                    steps: CPUBackend().weightPasses(options).map { PassRunner($0) } + [PassRunner(DeadCode())],
                    roundLimit: 1
                ).run(on: &graph, context)
                try Pipeline.weightExpansion.run(on: &graph, context)
                graph.inferTypes(inference)
                // Folding and packing read every weight once: what they leave behind would only fill memory.
                original.releasePages()
                defer { original.releasePages() }
                try Pipeline(
                    name: "lowering", steps: CPUBackend().loweringPasses(options).map { PassRunner($0) }, roundLimit: 1
                ).run(on: &graph, context)
                try Pipeline(name: "clean-up", steps: [PassRunner(DeadCode())]).run(on: &graph, context)
            }
        } catch {
            throw PlanError("\(error)")
        }
        return graph
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
