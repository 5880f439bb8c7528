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
    private let slides: Bool
    private let keyFormat: CacheFormat
    private let valueFormat: CacheFormat
    private let scoreStage: HeadAttention.ScoreStage?

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
        guard (1...(1 << 30)).contains(heads), sharedHeads > 0, heads % sharedHeads == 0 else {
            throw .attribute("\(heads) query heads share \(sharedHeads) heads")
        }
        slides = try node.flag("sliding_window_cache")
        keyFormat = try CacheFormat(node, "k_quant_type")
        valueFormat = try CacheFormat(node, "v_quant_type")
        let stage = try node.integer("qk_output", default: 0)
        guard (0...2).contains(stage), !node.hasOutput(3) || stage > 0 else {
            throw .attribute("attribute 'qk_output' is \(stage)")
        }
        scoreStage = stage == 0 ? nil : stage == 1 ? .before : .after
        guard !node.hasInput(14), !node.hasInput(15) else {
            throw .unsupported("GroupQueryAttention that normalizes queries and keys")
        }
        guard !slides || (window > 0 && isCausal && !node.hasOutput(3)) else {
            throw .unsupported("a sliding cache without a window, without order or with scores as output")
        }
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
        let cache = try CacheRows(
            lengths: try inputs.tensor(5).integers(), total: try inputs.tensor(6).scalarInteger(),
            counts: try inputs.optionalTensor(16)?.integers(), batch: batch, length: length)
        if turns { try turn(&query, &key, cache.pasts, inputs) }
        let (keyScale, valueScale) = (try inputs.optionalTensor(12), try inputs.optionalTensor(13))
        let oldKey = try keyFormat.opened(try inputs.optionalTensor(3), keyScale)
        let oldValue = try valueFormat.opened(try inputs.optionalTensor(4), valueScale)
        key = try keyFormat.rounded(key, keyScale)
        value = try valueFormat.rounded(value, valueScale)
        var starts = [Int](repeating: 0, count: batch)
        if slides {
            let capacity = oldKey.map { $0.shape.rank == 4 ? $0.shape[2] : 0 } ?? 0
            let residents = try cache.residents(capacity: capacity, window: window)
            starts = zip(cache.pasts, residents).map { $0 - $1.before }
            key = try cache.joined(key, oldKey, residents.map(\.before))
            value = try cache.joined(value, oldValue, residents.map(\.before))
            outputs.set(
                1,
                try keyFormat.closed(cache.latest(key, starts, residents.map(\.after), capacity), keyScale))
            outputs.set(
                2,
                try valueFormat.closed(
                    cache.latest(value, starts, residents.map(\.after), capacity), valueScale))
        } else {
            try cache.checkRoom(oldKey, key)
            key = try cache.joined(key, oldKey, cache.pasts, least: cache.total)
            value = try cache.joined(value, oldValue, cache.pasts, least: cache.total)
            outputs.set(1, try keyFormat.closed(key, keyScale))
            outputs.set(2, try valueFormat.closed(value, valueScale))
        }
        try attend(query, key, value, cache, starts, inputs, &outputs)
    }

    private func attend(
        _ query: HeadStack, _ key: HeadStack, _ value: HeadStack, _ cache: CacheRows, _ starts: [Int],
        _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        var attention = HeadAttention(
            scale: scale ?? 1 / Float(max(query.features, 1)).squareRoot(), outputs.context)
        attention.softcap = softcap
        attention.sinks = try inputs.optionalTensor(11)?.array(of: Float.self) ?? (isSmooth ? [0] : [])
        guard attention.sinks.count <= 1 || attention.sinks.count == heads else {
            throw .shape("\(attention.sinks.count) sinks for \(heads) heads")
        }
        attention.bias = try bias(try inputs.optionalTensor(10), key.length, starts)
        attention.keptStage = outputs.isWanted(3) ? scoreStage : nil
        let present = key.length
        let length = query.length
        let result = try attention.run(query, key, value) { _, item, place in
            guard isCausal else {
                return 0..<min(max(cache.lengths[item] + 1, cache.pasts[item] + length), present)
            }
            let end = min(cache.pasts[item] + place + 1 - starts[item], present)
            return (window > 0 ? max(end - window, 0) : 0)..<end
        }
        outputs.set(0, try Tensor(result, shape: [query.batch, length, heads * value.features]))
        guard outputs.isWanted(3) else { return }
        let total = min(cache.total, present)
        let scores = try Tensor(attention.keptScores, shape: [query.batch, heads, length, present])
        var canvas = try Canvas(.float32, [query.batch, heads, length, total], in: outputs.context)
        try canvas.copy(
            scores,
            Block(
                sizes: [query.batch * heads * length, total], sourceSteps: [present, 1],
                targetSteps: [total, 1]))
        outputs.set(3, try canvas.finish())
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

    /// The bias by place in the cache, which may begin later than the sequence and have more room than it.
    private func bias(_ bias: Tensor?, _ present: Int, _ starts: [Int]) throws(ComputeError)
        -> Tensor?
    {
        guard let bias, bias.shape.rank == 4 else { return bias }
        let old = bias.shape[3]
        let moves = starts.contains { $0 != 0 }
        guard moves || old < present else { return bias }
        let values = try bias.array(of: Float.self)
        var shape = bias.shape
        guard shape[0] == 1 || shape[0] == starts.count else { throw .shape("the bias is \(bias)") }
        if moves { shape[0] = starts.count }
        shape[3] = present
        var result = [Float](repeating: 0, count: try shape.checkedElementCount())
        let rows = shape[1] * shape[2]
        for item in 0..<shape[0] {
            let start = moves ? starts[item] : 0
            let source = bias.shape[0] == 1 ? 0 : item
            for row in 0..<rows {
                for column in 0..<max(0, min(present, old - start)) {
                    result[(item * rows + row) * present + column] =
                        values[(source * rows + row) * old + start + column]
                }
            }
        }
        return try Tensor(result, shape: shape)
    }
}
