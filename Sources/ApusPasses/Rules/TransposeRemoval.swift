// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Transpose(x) = x` without movement, and `Transpose(x) = Reshape(x)` where only sizes of 1 move.
package struct TransposeRemoval: Rule {
    package let pattern = op("Transpose", "x")

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let node = index.graph.nodes[match.root]
        guard let axes = index.permutation(node) else { throw Refusal("the rank is not known") }
        if axes == Array(axes.indices) {
            try edit.redirectRoot(to: match.value("x"))
            return
        }
        guard let sizes = index.dimensions(of: match.value("x")), sizes.count == axes.count,
            axes.allSatisfy({ sizes.indices.contains($0) })
        else { throw Refusal("the sizes are not known") }
        let moved = axes.filter { sizes[$0] != 1 }
        guard moved == moved.sorted() else { throw Refusal("elements move") }
        let target = try ReshapeTarget(from: sizes, to: axes.map { sizes[$0] })
        let shape = try edit.constant(node.outputs[0] + "_shape") { () throws(ComputeError) in
            try Tensor(target.sizes, shape: [target.sizes.count])
        }
        try edit.replaceRoot("Reshape", opset: try edit.opset(since: 5), [match.value("x"), shape])
    }
}
