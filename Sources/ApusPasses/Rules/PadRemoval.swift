// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Pad(x) = x` where nothing is added.
package struct PadRemoval: Rule {
    package let pattern = op("Pad", "x").open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let node = index.graph.nodes[match.root]
        let pads: [Int]
        if node.inputs.count > 1 {
            guard let tensor = index.constant(node.inputs[1]), let found = try? tensor.integers() else {
                throw Refusal("the pads are not constant")
            }
            pads = found
        } else if case .integers(let found)? = node.attributes["pads"] ?? node.attributes["paddings"] {
            pads = found.map { Int($0) }
        } else {
            throw Refusal("the pads are not constant")
        }
        guard pads.allSatisfy({ $0 == 0 }) else { throw Refusal("something is added or cut off") }
        try edit.redirectRoot(to: match.value("x"))
    }
}
