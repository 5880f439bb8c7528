// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `x ^ 2 = x * x`.
package struct SquareAsProduct: Rule {
    package let pattern = op("Pow", "x", .exactly(2))

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let output = index.graph.nodes[match.root].outputs[0]
        guard let type = index.elementType(of: match.value("x")), type.isFloat, type == index.elementType(of: output)
        else { throw Refusal("the element type is no float or may change") }
        guard index.haveSameSizes(match.value("x"), output) else { throw Refusal("the exponent may widen the shape") }
        try edit.replaceRoot("Mul", opset: try edit.opset(since: 7), [match.value("x"), match.value("x")])
    }
}
