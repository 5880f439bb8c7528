// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Attends with projected queries, keys and values, with masks of several forms and an optional past.
package struct MultiHeadAttention: Operator {
    package static let schema = Schema(
        "MultiHeadAttention", domain: OperatorDomain.microsoft, inputs: 1...10, outputs: 1...4)
    package static let widensHalf = true

    private let heads: Int
    private let isCausal: Bool
    private let scale: Float?
    private let filter: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        heads = try node.integer("num_heads")
        isCausal = try node.flag("unidirectional")
        scale = try node.optionalFloat("scale")
        filter = try node.float("mask_filter_value", default: -10000)
        guard heads > 0 else { throw .attribute("attribute 'num_heads' is \(heads)") }
        guard !node.hasInput(9) || node.hasInput(8) else {
            throw .attribute("beams are chosen from a buffer that past and present share")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        guard inputs.count > 2, let query = dimensions, query.count == 3, let value = inputs[2]?.type.dimensions else {
            return [.tensor(elementType, nil)]
        }
        let width = value.count == 3 ? value[2] : value.count == 4 ? value[3] * Dimension(heads) : .unknown
        return [.tensor(elementType, [query[0], query[1], width])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let bias = try inputs.optionalTensor(3)?.array(of: Float.self) ?? []
        let (query, newKey, newValue) = try stacks(inputs, bias)
        var (key, value) = (newKey, newValue)
        if let filled = try inputs.optionalTensor(8)?.scalarInteger() {
            let beams = try inputs.optionalTensor(9)
            key = try stored(newKey, in: try inputs.tensor(6), after: filled, beams, 1, &outputs)
            value = try stored(newValue, in: try inputs.tensor(7), after: filled, beams, 2, &outputs)
        } else {
            key = try extended(newKey, by: try inputs.optionalTensor(6))
            value = try extended(newValue, by: try inputs.optionalTensor(7))
            if outputs.isWanted(1) { outputs.set(1, try Tensor(key.values, shape: key.shape)) }
            if outputs.isWanted(2) { outputs.set(2, try Tensor(value.values, shape: value.shape)) }
        }
        var attention = HeadAttention(
            scale: scale ?? 1 / Float(max(query.features, 1)).squareRoot(), outputs.context)
        attention.bias = try inputs.optionalTensor(5)
        let mask = try KeyMask(
            try inputs.optionalTensor(4), filter: filter, isCausal: isCausal, batch: query.batch,
            queryCount: query.length, keyCount: key.length)
        attention.keptStage = outputs.isWanted(3) ? .before : nil
        attention.keptFiller = -Float.greatestFiniteMagnitude
        let result = try attention.run(query, key, value) { mask.apply(&$0, $1, $2) }
        outputs.set(0, try Tensor(result, shape: [query.batch, query.length, heads * value.features]))
        if outputs.isWanted(3) {
            outputs.set(
                3, try Tensor(attention.keptScores, shape: [query.batch, heads, query.length, key.length]))
        }
    }

    /// Puts new places into a buffer behind those that are filled, hands the buffer out, and returns what is filled.
    ///
    /// Where beams are given, each item continues from the places of others: batch, beam, place.
    private func stored(
        _ new: HeadStack, in past: Tensor, after filled: Int, _ beams: Tensor?, _ index: Int,
        _ outputs: inout Outputs
    ) throws(ComputeError) -> HeadStack {
        let shape = past.shape
        guard shape.rank == 4, shape[0] == new.batch, shape[1] == new.heads, shape[3] == new.features,
            filled >= 0, filled <= shape[2], shape[2] <= 1 << 31, shape[3] <= 1 << 31, new.length <= shape[2] - filled
        else { throw .shape("\(new.length) places behind \(filled) do not go into the buffer \(past)") }
        var buffer = try past.array(of: Float.self)
        let run = new.length * new.features
        let room = shape[2] * new.features
        for head in 0..<new.batch * new.heads {
            let start = head * room + filled * new.features
            buffer.replaceSubrange(
                start..<(start + run), with: new.values[(head * run)..<((head + 1) * run)])
        }
        if outputs.isWanted(index) { outputs.set(index, try Tensor(buffer, shape: shape)) }
        let choice = try beams?.integers() ?? []
        let sizes = beams?.shape.dimensions ?? [new.batch, 1, 0]
        guard sizes.count == 3, sizes.allSatisfy({ $0 <= 1 << 31 }), sizes[0] * sizes[1] == new.batch,
            beams == nil || sizes[2] >= filled,
            choice.allSatisfy({ $0 >= 0 && $0 < sizes[1] })
        else { throw .shape("the beams' places do not fit \(new.batch) items") }
        let total = filled + new.length
        var result = HeadStack(
            batch: new.batch, heads: new.heads, length: total, features: new.features, values: [])
        result.values.reserveCapacity(new.batch * new.heads * total * new.features)
        for item in 0..<new.batch {
            for head in 0..<new.heads {
                for place in 0..<total {
                    var source = item
                    if beams != nil, place < filled {
                        source = item / sizes[1] * sizes[1] + choice[item * sizes[2] + place]
                    }
                    let start = (source * new.heads + head) * room + place * new.features
                    result.values += buffer[start..<(start + new.features)]
                }
            }
        }
        return result
    }

    private func extended(_ stack: HeadStack, by past: Tensor?) throws(ComputeError) -> HeadStack {
        if let past { try stack.following(past) } else { stack }
    }

    private func stacks(
        _ inputs: Inputs, _ bias: [Float]
    ) throws(ComputeError) -> (HeadStack, HeadStack, HeadStack) {
        let query = try inputs.tensor(0)
        guard inputs.isPresent(1) else { return try unpacked(query, bias, parts: 3) }
        let key = try inputs.tensor(1)
        if key.shape.rank == 5 {
            guard query.shape.rank == 3 else { throw .shape("the query is \(query)") }
            let width = min(query.shape[2], bias.count)
            let first = try HeadStack(query, heads: heads, bias: Array(bias.prefix(width)))
            let rest = try unpacked(key, Array(bias.dropFirst(width)), parts: 2)
            return (first, rest.0, rest.1)
        }
        let value = try inputs.tensor(2)
        var widths = [query, key, value].map { $0.shape.rank == 3 ? $0.shape[2] : 0 }
        if bias.isEmpty { widths = [0, 0, 0] }
        guard widths.reduce(0, +) <= bias.count else { throw .shape("a bias of \(bias.count) for \(widths)") }
        let parts = [
            Array(bias[..<widths[0]]), Array(bias[widths[0]..<(widths[0] + widths[1])]),
            Array(bias[(widths[0] + widths[1])..<(widths[0] + widths[1] + widths[2])]),
        ]
        return (
            try HeadStack(query, heads: heads, bias: parts[0]), try HeadStack(key, heads: heads, bias: parts[1]),
            try HeadStack(value, heads: heads, bias: parts[2])
        )
    }

    /// Reads batch × length × heads × parts × features; of two parts the first counts as key.
    private func unpacked(
        _ tensor: Tensor, _ bias: [Float], parts: Int
    ) throws(ComputeError) -> (HeadStack, HeadStack, HeadStack) {
        let shape = tensor.shape
        guard shape.rank == 5, shape[2] == heads, shape[3] == parts else {
            throw .shape("\(tensor) does not pack \(parts) parts of \(heads) heads")
        }
        let features = shape[4]
        let width = heads * features
        guard bias.isEmpty || bias.count == parts * width else { throw .shape("a bias of \(bias.count)") }
        let values = try tensor.array(of: Float.self).permuted(shape, [3, 0, 2, 1, 4])
        var stacks: [HeadStack] = []
        for part in 0..<parts {
            let count = values.count / parts
            var stack = HeadStack(
                batch: shape[0], heads: heads, length: shape[1], features: features,
                values: Array(values[(part * count)..<((part + 1) * count)]))
            for index in stack.values.indices where !bias.isEmpty {
                let head = index / (features * max(shape[1], 1)) % heads
                stack.values[index] += bias[part * width + head * features + index % features]
            }
            stacks.append(stack)
        }
        return parts == 3 ? (stacks[0], stacks[1], stacks[2]) : (stacks[0], stacks[1], stacks[1])
    }
}
