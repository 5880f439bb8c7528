// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Applies rules wherever they fit, in one walk from outputs to inputs; a node takes part in one edit of a walk.
package struct RuleSweep: Pass {
    /// The name in messages and traces.
    package let name: String
    private let rules: [any Rule]

    /// Applies the rules; where several fit a node, the first whose precondition holds.
    package init(_ name: String, _ rules: [any Rule]) {
        self.name = name
        self.rules = rules
    }

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        var byOperator: [String: [any Rule]] = [:]
        for rule in rules {
            for operatorName in rule.pattern.rootOperators ?? [] { byOperator[operatorName, default: []].append(rule) }
        }
        for (position, node) in index.graph.nodes.enumerated().reversed() {
            for rule in byOperator[node.qualifiedName] ?? [] {
                guard !patch.touched.contains(position) else { break }
                guard let match = index.match(rule.pattern, at: position),
                    patch.touched.isDisjoint(with: match.positions)
                else { continue }
                var edit = Edit(match, index, names: patch.names, context: context)
                do {
                    try rule.replace(match, index, &edit)
                } catch {
                    context.trace?(.refused(rule: rule.name, value: node.outputs.first ?? "", reason: error.reason))
                    continue
                }
                let found = edit.finish()
                guard !found.isEmpty, patch.touched.isDisjoint(with: found.touched) else { continue }
                patch.merge(found)
                context.trace?(.replaced(rule: rule.name, value: node.outputs.first ?? ""))
                break
            }
        }
    }
}
