// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Reshape(x, computed shape) = Reshape(x, constant)` where inference knows all sizes but one.
package struct ConstantReshape: Rule {
    package let pattern = op("Reshape", "x", "shape")

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let node = index.graph.nodes[match.root]
        guard index.constant(match.value("shape")) == nil else { throw Refusal("the shape is constant already") }
        guard let sizes = index.dimensions(of: node.outputs[0]) else { throw Refusal("the rank is not known") }
        let target = try ReshapeTarget(from: index.dimensions(of: match.value("x")), to: sizes)
        let shape = try edit.constant(node.outputs[0] + "_shape") { () throws(ComputeError) in
            try Tensor(target.sizes, shape: [target.sizes.count])
        }
        try edit.replaceRoot("Reshape", opset: node.opset, [match.value("x"), shape])
    }
}
