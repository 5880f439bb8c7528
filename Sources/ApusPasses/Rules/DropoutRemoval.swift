// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Dropout(x) = x` outside training.
package struct DropoutRemoval: Rule {
    package let pattern = op("Dropout", "x").open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let node = index.graph.nodes[match.root]
        if node.outputs.count > 1, !node.outputs[1].isEmpty, index.useCount(node.outputs[1]) > 0 {
            throw Refusal("the mask is read")
        }
        if node.inputs.count > 2, !node.inputs[2].isEmpty {
            guard let mode = index.constant(node.inputs[2]), (try? mode.scalarInteger()) == 0 else {
                throw Refusal("the node may be training")
            }
        }
        if node.opset < 7 {
            guard case .integer(let isTest)? = node.attributes["is_test"], isTest != 0 else {
                throw Refusal("the node is training")
            }
        }
        try edit.redirectRoot(to: match.value("x"))
    }
}
