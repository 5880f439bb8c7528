// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
import ApusTensors

/// The engine of this package.
package struct CPUBackend: Backend {
    package let name = "cpu"

    /// Makes the backend.
    package init() {}

    /// The operators that only lowered graphs have.
    package static let operators: [any Operator.Type] = [
        LoweredConv.self, LoweredGRU.self, LoweredLSTM.self, LoweredMatMul.self, LoweredMatMulInteger.self,
        LoweredQLinearConv.self, LoweredQLinearMatMul.self,
    ]

    /// Chooses forms for this machine: packs weights and fuses epilogues.
    ///
    /// - Throws: ``PlanError`` when a lowered node cannot be made.
    package func lower(_ graph: Graph, options: PlanOptions) throws(PlanError) -> Graph {
        let kernels = Kernels(instructionSet: options.instructionSet, pool: options.workers)
        let passes: [any Pass] = [
            LowerConv(kernels: kernels), LowerMatMul(kernels: kernels), LowerQLinearConv(kernels: kernels),
            LowerQLinearMatMul(kernels: kernels), LowerMatMulInteger(kernels: kernels),
            LowerRecurrent(kernels: kernels), FuseDequantization(), FuseDequantization(), FuseBias(), FuseResidual(),
            FuseActivation(),
        ]
        let context = PassContext(catalogue: options.catalogue, allowsNewestOpset: true)
        var graph = graph
        for pass in passes {
            do {
                graph = try graph.applying(pass, context)
            } catch {
                throw PlanError("\(pass.name): \(error)")
            }
        }
        return graph
    }

    package func prepare(_ graph: Graph, options: PlanOptions) throws(PlanError) -> any Plan {
        try CPUPlan(graph, options: options)
    }
}

extension Graph {
    /// The graph and its subgraphs after a pass.
    fileprivate func applying(_ pass: any Pass, _ context: PassContext) throws -> Graph {
        var graph = self
        graph.inferTypes(context.inference)
        var patch = Patch(names: NameSource(avoiding: graph.allNames), catalogue: context.catalogue)
        try pass.edit(GraphIndex(graph), &patch, context)
        try graph.apply(patch)
        return graph
    }
}
