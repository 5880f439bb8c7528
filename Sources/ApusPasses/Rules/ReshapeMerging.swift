// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Reshape(Reshape(x)) = Reshape(x)`, and the same for `Flatten`, `Squeeze` and `Unsqueeze`.
package struct ReshapeMerging: Rule {
    private static let operators: Set<String> = ["Reshape", "Flatten", "Squeeze", "Unsqueeze"]
    package let pattern = op(operators, op(operators, "x").open.shared).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let output = index.graph.nodes[match.root].outputs[0]
        guard let sizes = index.dimensions(of: output) else { throw Refusal("the rank is not known") }
        let target = try ReshapeTarget(from: index.dimensions(of: match.value("x")), to: sizes)
        let shape = try edit.constant(output + "_shape") { () throws(ComputeError) in
            try Tensor(target.sizes, shape: [target.sizes.count])
        }
        try edit.replaceRoot("Reshape", opset: try edit.opset(since: 5), [match.value("x"), shape])
    }
}
