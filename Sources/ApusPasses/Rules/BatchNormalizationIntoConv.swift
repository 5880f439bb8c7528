// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `BatchNormalization(Conv(x, w, b)) = Conv(x, w', b')`, and the same for `ConvTranspose`.
package struct BatchNormalizationIntoConv: Rule {
    package let pattern = op("BatchNormalization", op(["Conv", "ConvTranspose"]).node("conv")).open

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["conv"] else { return }
        let root = index.graph.nodes[match.root]
        let weights = try ConvolutionWeights(index.graph.nodes[position], index)
        let factors = try NormalizationFactors(root, index)
        guard factors.scale.count == weights.channelCount else {
            throw Refusal("the statistics do not fit the weights")
        }
        try weights.replaceRoot(
            scale: factors.scale, shift: factors.shift, &edit, outputs: Array(root.outputs.prefix(1)))
    }
}
