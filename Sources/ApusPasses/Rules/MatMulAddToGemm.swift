// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `MatMul(a, b) + c = Gemm(a, b, c)` for matrices.
package struct MatMulAddToGemm: Rule {
    package let pattern = op("Add", op("MatMul", "a", "b"), "c")

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let output = index.graph.nodes[match.root].outputs[0]
        guard let a = index.dimensions(of: match.value("a")), let b = index.dimensions(of: match.value("b")) else {
            throw Refusal("a rank is not known")
        }
        guard a.count == 2, b.count == 2 else { throw Refusal("the factors are not matrices") }
        guard let c = index.dimensions(of: match.value("c")), c.count <= 2 else {
            throw Refusal("the summand may widen the shape")
        }
        let product = [a[0], b[1]]
        guard zip(c.reversed(), product.reversed()).allSatisfy({ $0 == $1 && !$0.isUnknown || $0 == 1 }) else {
            throw Refusal("the summand may widen the shape")
        }
        guard let type = index.elementType(of: output), [.float32, .float64, .float16, .bfloat16].contains(type) else {
            throw Refusal("the element type is not a plain float")
        }
        try edit.replaceRoot(
            "Gemm", opset: try edit.opset(since: 7), [match.value("a"), match.value("b"), match.value("c")])
    }
}
