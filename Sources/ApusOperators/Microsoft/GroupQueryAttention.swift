// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Attends with several query heads to each head of keys and values, over a cache that grows with every step.
package struct GroupQueryAttention: Operator {
    package static let schema = Schema(
        "GroupQueryAttention", domain: OperatorDomain.microsoft, inputs: 7...17, outputs: 1...4)
    package static let widensHalf = true

    private let heads: Int
    private let sharedHeads: Int
    private let scale: Float?
    private let softcap: Float
    private let window: Int
    private let turns: Bool
    private let isInterleaved: Bool
    private let isSmooth: Bool
    private let isCausal: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        heads = try node.integer("num_heads")
        sharedHeads = try node.integer("kv_num_heads")
        let given = try node.float("scale", default: 0)
        scale = given == 0 ? nil : given
        softcap = try node.float("softcap", default: 0)
        window = try node.integer("local_window_size", default: -1)
        turns = try node.flag("do_rotary")
        isInterleaved = try node.flag("rotary_interleaved")
        isSmooth = try node.integer("smooth_softmax", default: 0) == 1
        isCausal = try node.flag("causal", default: true)
        guard heads > 0, sharedHeads > 0, heads % sharedHeads == 0 else {
            throw .attribute("\(heads) query heads share \(sharedHeads) heads")
        }
        guard !(12...16).contains(where: node.hasInput), !node.hasOutput(3),
            try node.string("k_quant_type", default: "NONE") == "NONE",
            try node.string("v_quant_type", default: "NONE") == "NONE", try !node.flag("sliding_window_cache")
        else { throw .unsupported("GroupQueryAttention with a quantized or sliding cache, norms or scores as output") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        guard var result = dimensions, result.count == 3, inputs.count > 6 else { return [.tensor(elementType, nil)] }
        if inputs[1] == nil {
            result[2] = result[2].floorDivided(by: Dimension(heads + 2 * sharedHeads)) * Dimension(heads)
        }
        return [.tensor(elementType, result)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var (query, key, value) = try stacks(inputs)
        let (batch, length) = (query.batch, query.length)
        let lengths = try inputs.tensor(5).integers()
        let total = try inputs.tensor(6).scalarInteger()
        guard lengths.count == batch, lengths.allSatisfy({ $0 >= 0 && $0 < max(total, 1) }), total >= 0 else {
            throw .value("key lengths \(lengths) do not fit \(batch) items of at most \(total)")
        }
        let isPrompt = total == length
        let pasts = lengths.map { isPrompt ? 0 : max($0 + 1 - length, 0) }
        if turns { try turn(&query, &key, pasts, inputs) }
        let newKey = try joined(key, try inputs.optionalTensor(3), pasts, lengths, total)
        let newValue = try joined(value, try inputs.optionalTensor(4), pasts, lengths, total)
        (key, value) = (newKey, newValue)
        outputs.set(1, try Tensor(key.values, shape: key.shape))
        outputs.set(2, try Tensor(value.values, shape: value.shape))

        var attention = HeadAttention(scale: scale ?? 1 / Float(max(query.features, 1)).squareRoot(), outputs.context)
        attention.softcap = softcap
        attention.sinks = try inputs.optionalTensor(11)?.array(of: Float.self) ?? (isSmooth ? [0] : [])
        guard attention.sinks.count <= 1 || attention.sinks.count == heads else {
            throw .shape("\(attention.sinks.count) sinks for \(heads) heads")
        }
        attention.bias = try bias(try inputs.optionalTensor(10), key.length)
        let present = key.length
        let result = try attention.run(query, key, value) { _, item, place in
            guard isCausal else { return 0..<min(max(lengths[item] + 1, pasts[item] + length), present) }
            let end = min(pasts[item] + place + 1, present)
            return (window > 0 ? max(end - window, 0) : 0)..<end
        }
        outputs.set(0, try Tensor(result, shape: [batch, length, heads * value.features]))
    }

    private func stacks(_ inputs: Inputs) throws(ComputeError) -> (HeadStack, HeadStack, HeadStack) {
        let query = try inputs.tensor(0)
        guard !inputs.isPresent(1) else {
            return (
                try HeadStack(query, heads: heads), try HeadStack(try inputs.tensor(1), heads: sharedHeads),
                try HeadStack(try inputs.tensor(2), heads: sharedHeads)
            )
        }
        let shape = query.shape
        let parts = heads + 2 * sharedHeads
        guard shape.rank == 3, shape[2] % parts == 0 else { throw .shape("\(query) does not pack \(parts) heads") }
        let features = shape[2] / parts
        let values = try query.array(of: Float.self)
        func part(_ first: Int, _ count: Int) -> HeadStack {
            HeadStack(
                splitting: values, batch: shape[0], length: shape[1], columns: shape[2], from: first * features,
                heads: count, features: features)
        }
        return (part(0, heads), part(heads, sharedHeads), part(heads + sharedHeads, sharedHeads))
    }

    private func turn(
        _ query: inout HeadStack, _ key: inout HeadStack, _ pasts: [Int], _ inputs: Inputs
    ) throws(ComputeError) {
        let table = try RotaryTable(try inputs.tensor(7), try inputs.tensor(8), isInterleaved: isInterleaved)
        let given = try inputs.optionalTensor(9)?.integers() ?? []
        guard given.isEmpty || given.count == query.batch * query.length else {
            throw .shape("\(given.count) places for \(query.batch) × \(query.length)")
        }
        func turn(_ stack: inout HeadStack) throws(ComputeError) {
            for item in 0..<stack.batch {
                for head in 0..<stack.heads {
                    for step in 0..<stack.length {
                        let place = given.isEmpty ? pasts[item] + step : given[item * stack.length + step]
                        try table.turn(
                            &stack.values, at: stack.start(item, head) + step * stack.features,
                            features: stack.features, place: place)
                    }
                }
            }
        }
        try turn(&query)
        try turn(&key)
    }

    /// The past of each item as far as it goes, then what is new.
    private func joined(
        _ new: HeadStack, _ past: Tensor?, _ pasts: [Int], _ lengths: [Int], _ total: Int
    ) throws(ComputeError) -> HeadStack {
        let room = past.map { $0.shape.rank == 4 ? $0.shape[2] : -1 } ?? 0
        guard total <= max(room, 0) + new.length else {
            throw .value("\(total) places are more than a past of \(room) and \(new.length) new ones")
        }
        let kept = max(room, total)
        if let past {
            guard room >= 0, past.shape[0] == new.batch, past.shape[1] == new.heads, past.shape[3] == new.features
            else {
                throw .shape("the past \(past) does not go with \(new.shape)")
            }
        }
        guard pasts.allSatisfy({ $0 + new.length <= kept && $0 <= room }) else {
            throw .value("the past of \(room) places has not the \(pasts) places it should")
        }
        let older = try past?.array(of: Float.self) ?? []
        let count = try Shape([new.batch, new.heads, kept, new.features]).checkedElementCount()
        var values = [Float](repeating: 0, count: count)
        for item in 0..<new.batch {
            for head in 0..<new.heads {
                let row = item * new.heads + head
                let target = row * kept * new.features
                for index in 0..<pasts[item] * new.features {
                    values[target + index] = older[row * room * new.features + index]
                }
                let start = target + pasts[item] * new.features
                for index in 0..<new.length * new.features {
                    values[start + index] = new.values[new.start(item, head) + index]
                }
            }
        }
        return HeadStack(
            batch: new.batch, heads: new.heads, length: kept, features: new.features, values: values)
    }

    /// The bias, filled up where the cache has more room than the sequence.
    private func bias(_ bias: Tensor?, _ present: Int) throws(ComputeError) -> Tensor? {
        guard let bias, bias.shape.rank == 4, bias.shape[3] < present else { return bias }
        let old = bias.shape[3]
        let values = try bias.array(of: Float.self)
        var shape = bias.shape
        shape[3] = present
        var result = [Float](repeating: 0, count: try shape.checkedElementCount())
        for index in values.indices { result[index / max(old, 1) * present + index % max(old, 1)] = values[index] }
        return try Tensor(result, shape: shape)
    }
}
