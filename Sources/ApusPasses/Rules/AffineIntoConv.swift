// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `Conv(x, w, b) + c = Conv(x, w, b + c)` and `Conv(x, w, b) * c = Conv(x, w * c, b * c)` for one number per channel.
package struct AffineIntoConv: Rule {
    private static let conv = op(["Conv", "ConvTranspose"]).node("conv")
    package let pattern: Pattern = .either([
        op("Add", conv, .constant("c")), op("Sub", conv, .constant("c")),
        op("Mul", conv, .constant("c")), op("Div", conv, .constant("c")),
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["conv"], let constant = index.constant(match.value("c")) else { return }
        let root = index.graph.nodes[match.root]
        let conv = index.graph.nodes[position]
        let weights = try ConvolutionWeights(conv, index)
        guard let weightRank = index.constant(conv.inputs[1])?.shape.rank else { return }
        let numbers = try perChannel(constant, rank: weightRank, count: weights.channelCount)
        let zero = [Double](repeating: 0, count: weights.channelCount)
        switch root.operatorName {
        case "Add": try weights.replaceRoot(scale: nil, shift: numbers, &edit, outputs: root.outputs)
        case "Sub": try weights.replaceRoot(scale: nil, shift: numbers.map { -$0 }, &edit, outputs: root.outputs)
        case "Mul": try weights.replaceRoot(scale: numbers, shift: zero, &edit, outputs: root.outputs)
        default: try weights.replaceRoot(scale: numbers.map { 1 / $0 }, shift: zero, &edit, outputs: root.outputs)
        }
    }

    /// One number per channel from a constant that broadcasts along the channel axis only.
    private func perChannel(_ constant: Tensor, rank: Int, count: Int) throws(Refusal) -> [Double] {
        guard let numbers = constant.numbers, !numbers.isEmpty else { throw Refusal("the constant is no plain float") }
        guard constant.shape.rank <= rank else { throw Refusal("the constant widens the shape") }
        let channelAxis = constant.shape.rank - (rank - 1)
        for (axis, size) in constant.shape.enumerated() where size != 1 {
            guard axis == channelAxis, size == count else { throw Refusal("the constant varies along another axis") }
        }
        return numbers.count == 1 ? [Double](repeating: numbers[0], count: count) : numbers
    }
}
