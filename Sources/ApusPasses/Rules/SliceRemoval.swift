// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Slice(x) = x` where every element is taken in order.
package struct SliceRemoval: Rule {
    package let pattern = op("Slice", "x").open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let node = index.graph.nodes[match.root]
        if node.inputs.count > 4, !node.inputs[4].isEmpty {
            guard let steps = index.constant(node.inputs[4]), let values = try? steps.integers(),
                values.allSatisfy({ $0 == 1 })
            else { throw Refusal("a step is not 1") }
        }
        guard index.haveSameSizes(match.value("x"), node.outputs[0]) else { throw Refusal("a size may change") }
        try edit.redirectRoot(to: match.value("x"))
    }
}
