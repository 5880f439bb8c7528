// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Whether at least one of each pair of truth values holds.
package struct Or: TruthCombination {
    package static let schema = Schema("Or", since: 1, inputs: 2...2)

    package let alignment: LegacyAlignment

    package init(_ node: NodeReader) throws(ComputeError) { alignment = try LegacyAlignment(node) }

    package func apply(_ left: Bool, _ right: Bool) -> Bool { left || right }
}
