// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `BatchNormalization(Gemm(x, w, b)) = Gemm(x, w', b')`.
package struct BatchNormalizationIntoGemm: Rule {
    package let pattern = op("BatchNormalization", op("Gemm").node("gemm")).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["gemm"] else { return }
        let root = index.graph.nodes[match.root]
        let gemm = index.graph.nodes[position]
        let factors = try NormalizationFactors(root, index)
        guard gemm.float("alpha", default: 1) == 1, gemm.float("beta", default: 1) == 1 else {
            throw Refusal("alpha or beta is not 1")
        }
        guard let weights = index.constant(gemm.inputs[1]), var numbers = weights.numbers, weights.shape.rank == 2
        else {
            throw Refusal("the weights are not constant")
        }
        let isTransposed = gemm.integer("transB", default: 0) != 0
        let count = weights.shape[isTransposed ? 0 : 1]
        guard factors.scale.count == count else { throw Refusal("the statistics do not fit the weights") }
        var bias = [Double](repeating: 0, count: count)
        if gemm.hasInput(2) {
            guard let found = index.numbers(gemm.inputs[2]), found.count == count else {
                throw Refusal("the bias is not one constant per column")
            }
            bias = found
        }
        let columns = weights.shape[1]
        for place in numbers.indices {
            numbers[place] *= factors.scale[isTransposed ? place / columns : place % columns]
        }
        for place in bias.indices { bias[place] = bias[place] * factors.scale[place] + factors.shift[place] }
        let scaled = try edit.constant(gemm.inputs[1]) { () throws(ComputeError) in
            try Tensor(numbers: numbers, weights.elementType, shape: weights.shape)
        }
        let shifted = try edit.constant(gemm.inputs[1] + "_bias") { () throws(ComputeError) in
            try Tensor(numbers: bias, weights.elementType, shape: [count])
        }
        try edit.replaceRoot(
            Node(
                "Gemm", opset: gemm.opset, name: gemm.name, inputs: [gemm.inputs[0], scaled, shifted],
                outputs: Array(root.outputs.prefix(1)), attributes: gemm.attributes))
    }
}
