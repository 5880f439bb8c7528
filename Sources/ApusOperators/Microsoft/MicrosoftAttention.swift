// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Projects its input to queries, keys and values and attends, with masks of several forms and an optional past.
package struct MicrosoftAttention: Operator {
    package static let schema = Schema(
        "Attention", domain: OperatorDomain.microsoft, inputs: 2...7, outputs: 1...2)
    package static let widensHalf = true

    private let heads: Int
    private let sizes: [Int]
    private let isCausal: Bool
    private let scale: Float?
    private let filter: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        heads = try node.integer("num_heads")
        sizes = try node.integers("qkv_hidden_sizes")
        isCausal = try node.flag("unidirectional")
        scale = try node.optionalFloat("scale")
        filter = try node.float("mask_filter_value", default: -10000)
        guard heads > 0, sizes.isEmpty || (sizes.count == 3 && sizes.allSatisfy { $0 > 0 && $0 % heads == 0 }) else {
            throw .attribute("\(heads) heads over hidden sizes \(sizes)")
        }
        guard try !node.flag("do_rotary"), try !node.flag("past_present_share_buffer") else {
            throw .unsupported("Attention with rotary embedding or a shared past buffer")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        guard let dimensions, dimensions.count == 3 else { return [.tensor(elementType, nil)] }
        var width = Dimension.unknown
        if let last = sizes.last {
            width = Dimension(last)
        } else if let weights = inputs[1]?.type.dimensions, weights.count == 2 {
            width = weights[1].floorDivided(by: 3)
        }
        return [.tensor(elementType, [dimensions[0], dimensions[1], width])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let weights = try inputs.tensor(1)
        guard source.shape.rank == 3, weights.shape.rank == 2, weights.shape[0] == source.shape[2] else {
            throw .shape("weights \(weights) do not fit the input \(source)")
        }
        let columns = weights.shape[1]
        let sizes = self.sizes.isEmpty ? [Int](repeating: columns / 3, count: 3) : self.sizes
        guard sizes.reduce(0, +) == columns, sizes[0] == sizes[1], sizes.allSatisfy({ $0 % heads == 0 }) else {
            throw .shape("weights \(weights) do not split into \(sizes) of \(heads) heads")
        }
        let (batch, length) = (source.shape[0], source.shape[1])
        let projected = FloatProduct(outputs.context).multiply(
            try source.array(of: Float.self), try weights.array(of: Float.self), rows: batch * length,
            depth: source.shape[2], columns: columns)
        let bias = try inputs.optionalTensor(2)?.array(of: Float.self) ?? []
        guard bias.isEmpty || bias.count == columns else { throw .shape("a bias of \(bias.count) for \(columns)") }
        var stacks: [HeadStack] = []
        var first = 0
        for size in sizes {
            stacks.append(
                HeadStack(
                    splitting: projected, batch: batch, length: length, columns: columns, from: first, heads: heads,
                    features: size / heads, bias: bias))
            first += size
        }
        try extend(&stacks, try inputs.optionalTensor(4), &outputs)
        var attention = HeadAttention(
            scale: scale ?? 1 / Float(max(stacks[0].features, 1)).squareRoot(), outputs.context)
        attention.bias = try inputs.optionalTensor(5)
        let mask = try KeyMask(
            try inputs.optionalTensor(3), filter: filter, isCausal: isCausal, batch: batch, queryCount: length,
            keyCount: stacks[1].length)
        let result = try attention.run(stacks[0], stacks[1], stacks[2]) { mask.apply(&$0, $1, $2) }
        outputs.set(0, try Tensor(result, shape: [batch, length, sizes[2]]))
    }

    /// Puts the past, which holds keys and then values, in front, and hands both out together.
    private func extend(_ stacks: inout [HeadStack], _ past: Tensor?, _ outputs: inout Outputs) throws(ComputeError) {
        if let past {
            guard past.shape.rank == 5, past.shape[0] == 2 else { throw .shape("the past is \(past)") }
            let half = past.elementCount / 2
            let values = try past.array(of: Float.self)
            let shape = Shape(past.shape.dimensions.dropFirst())
            stacks[1] = try stacks[1].following(try Tensor(Array(values[..<half]), shape: shape))
            stacks[2] = try stacks[2].following(try Tensor(Array(values[half...]), shape: shape))
        }
        guard outputs.isWanted(1) else { return }
        guard stacks[1].shape == stacks[2].shape else { throw .shape("keys and values differ in shape") }
        outputs.set(
            1, try Tensor(stacks[1].values + stacks[2].values, shape: Shape([2] + stacks[1].shape.dimensions)))
    }
}
