// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The engine of this package.
package struct CPUBackend: Backend {
    package let name = "cpu"

    /// Makes the backend.
    package init() {}

    package func prepare(_ graph: Graph, options: PlanOptions) throws(PlanError) -> any Plan {
        try CPUPlan(graph, options: options)
    }
}
