// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Softmax of the products of queries and keys, times values.
package struct Attention: RealOperator {
    package static let schema = Schema("Attention", since: 23, inputs: 3...7, outputs: 1...4)

    private let queryHeads: Int?
    private let keyHeads: Int?
    private let scale: Float?
    private let softcap: Float
    private let mode: Int
    private let window: AttentionWindow

    package init(_ node: NodeReader) throws(ComputeError) {
        queryHeads = try node.optionalInteger("q_num_heads")
        keyHeads = try node.optionalInteger("kv_num_heads")
        scale = try node.optionalFloat("scale")
        softcap = try node.float("softcap", default: 0)
        mode = try node.integer("qk_matmul_output_mode", default: 0)
        guard (0...3).contains(mode) else { throw .attribute("attribute 'qk_matmul_output_mode' is \(mode)") }
        window = try AttentionWindow(node)
        if let precision = try node.optionalElementType("softmax_precision") {
            guard [.float32, .float64, .float16, .bfloat16].contains(precision) else {
                throw .attribute("attribute 'softmax_precision' is \(precision.name)")
            }
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        let valueType = inputs.elementType(2)
        let unknown: [InferredValue] = [
            .tensor(maybe: type, nil), .tensor(maybe: type, nil), .tensor(maybe: valueType, nil),
            .tensor(maybe: type, nil),
        ]
        guard let query = inputs.dimensions(0), let key = inputs.dimensions(1), let value = inputs.dimensions(2) else {
            return unknown
        }
        guard query.count == key.count, key.count == value.count, query.count == 3 || query.count == 4 else {
            throw .shape("queries \(query), keys \(key) and values \(value)")
        }
        let past = inputs.known(4) == nil ? 0 : inputs.dimensions(4).flatMap { $0.count == 4 ? $0[2] : nil } ?? .unknown
        if query.count == 4 {
            let total = key[2] + past
            return [
                .tensor(maybe: type, [query[0], query[1], query[2], value[3]]),
                .tensor(maybe: type, [key[0], key[1], total, key[3]]),
                .tensor(maybe: valueType, [value[0], value[1], total, value[3]]),
                .tensor(maybe: type, [query[0], query[1], query[2], total]),
            ]
        }
        guard let queryHeads, let keyHeads, queryHeads > 0, keyHeads > 0 else {
            throw .attribute("packed heads need 'q_num_heads' and 'kv_num_heads'")
        }
        let total = key[1] + past
        let each = Dimension(keyHeads)
        let features = value[2].floorDivided(by: each)
        return [
            .tensor(maybe: type, [query[0], query[1], features * Dimension(queryHeads)]),
            .tensor(maybe: type, [key[0], each, total, key[2].floorDivided(by: each)]),
            .tensor(maybe: valueType, [value[0], each, total, features]),
            .tensor(maybe: type, [query[0], Dimension(queryHeads), query[1], total]),
        ]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        if Element.self == Float.self, try computeFused(inputs, &outputs) { return }
        let queries = try inputs.tensor(0)
        let query = try HeadLayout(queries.shape, heads: queryHeads, "the query")
        let keys = try Attention.joined(inputs.tensor(1), inputs.optionalTensor(4), keyHeads, of: Element.self)
        let values = try Attention.joined(inputs.tensor(2), inputs.optionalTensor(5), keyHeads, of: Element.self)
        let key = try HeadLayout(keys.shape, heads: nil, "the key")
        let value = try HeadLayout(values.shape, heads: nil, "the value")
        guard key.batch == query.batch, value.batch == query.batch, key.features == query.features,
            key.heads == value.heads, key.length == value.length, key.heads > 0, query.heads % key.heads == 0,
            inputs.isPresent(4) == inputs.isPresent(5)
        else { throw .shape("queries \(queries.shape), keys \(keys.shape) and values \(values.shape)") }
        outputs.set(1, keys)
        outputs.set(2, values)
        let bias = try AttentionBias<Element>(
            inputs, query: query, keyLength: key.length, window: window,
            past: inputs.optionalTensor(4)?.shape[2])
        let steps = AttentionSteps<Element>(
            scale: scale.map { Element($0) } ?? 1 / Element(query.features).squareRoot(), softcap: Element(softcap),
            mode: outputs.isWanted(3) ? mode : nil, product: MatrixProduct(outputs.context))
        let seenShape = Shape(query.batch, query.heads, query.length, key.length)
        var seen = try outputs.context.scratch(outputs.isWanted(3) ? seenShape : [0], of: Element.self)
        var scores = try outputs.context.scratch([query.length, key.length], of: Element.self)
        var result = query
        result.features = value.features
        let source = (
            try queries.elements(of: Element.self), try keys.elements(of: Element.self),
            try values.elements(of: Element.self)
        )
        try outputs.write(0, of: Element.self, result.shape) { (target) throws(ComputeError) in
            let size = query.length * key.length
            for part in 0..<query.batch * query.heads {
                let (item, head) = (part / query.heads, part % query.heads)
                let shared = head / (query.heads / key.heads)
                let places = (
                    query.place(item: item, head: head), key.place(item: item, head: shared),
                    value.place(item: item, head: shared)
                )
                steps.score(source.0, places.0, source.1, places.1, query, key.length, into: &scores)
                steps.normalize(&scores, bias, item: item, head: head, query.length, key.length) { index, value in
                    seen[part * size + index] = value
                }
                let to = result.place(item: item, head: head)
                for row in 0..<query.length {
                    for index in 0..<value.features { target[to.offset &+ row &* to.rowStride &+ index] = 0 }
                }
                steps.product.accumulate(
                    rows: query.length, columns: value.features, depth: key.length, scores.span,
                    MatrixPlace(rowStride: key.length), source.2, places.2, into: &target, to)
            }
        }
        if outputs.isWanted(3) { outputs.set(3, try Tensor(seen, shape: seenShape)) }
    }

    /// Attends in one pass of a kernel where no intermediate result is asked for and masks are plain.
    private func computeFused(_ inputs: Inputs, _ outputs: inout Outputs) throws(ComputeError) -> Bool {
        let past = try inputs.optionalTensor(4)
        guard !outputs.isWanted(3), !inputs.isPresent(6), inputs.isPresent(4) == inputs.isPresent(5),
            past.map({ $0.shape.rank == 4 }) ?? true, let reach = window.reach(past: past?.shape[2] ?? 0)
        else { return false }
        let queries = try inputs.tensor(0)
        let query = try HeadLayout(queries.shape, heads: queryHeads, "the query")
        var (keys, values) = (try inputs.tensor(1), try inputs.tensor(2))
        guard keys.elementType == .float32, values.elementType == .float32 else { return false }
        let isJoined = past != nil || outputs.isWanted(1) || outputs.isWanted(2)
        if isJoined {
            keys = try Attention.joined(keys, past, keyHeads, of: Float.self)
            values = try Attention.joined(values, inputs.optionalTensor(5), keyHeads, of: Float.self)
        }
        let key = try HeadLayout(keys.shape, heads: isJoined ? nil : keyHeads, "the key")
        let value = try HeadLayout(values.shape, heads: isJoined ? nil : keyHeads, "the value")
        var result = query
        result.features = value.features
        var attention = FusedAttention(
            query, key, value, scale: scale ?? 1 / Float(query.features).squareRoot(), softcap: softcap)
        attention.shape.reach = reach
        try attention.check(query, key, value)
        let mask = try FusedAttention.Mask(inputs.optionalTensor(3), attention.shape)
        let target = try outputs.makeTensor(0, .float32, result.shape)
        attention.run(queries, keys, values, mask, into: target, result.steps, outputs.context)
        outputs.set(0, target.finish())
        outputs.set(1, keys)
        outputs.set(2, values)
        return true
    }

    /// The cached and the new elements one after the other, with heads before the sequence.
    private static func joined<Element: RealElement>(
        _ tensor: Tensor, _ past: Tensor?, _ heads: Int?, of type: Element.Type
    ) throws(ComputeError) -> Tensor {
        if tensor.shape.rank == 4 && past == nil { return tensor }
        let layout = try HeadLayout(tensor.shape, heads: heads, "the key or value")
        let before = past?.shape ?? [layout.batch, layout.heads, 0, layout.features]
        guard before.rank == 4, before[0] == layout.batch, before[1] == layout.heads, before[3] == layout.features
        else { throw .shape("a cache \(before) before \(tensor.shape)") }
        let total = before[2] + layout.length
        var result = try MutableTensor(Element.elementType, [layout.batch, layout.heads, total, layout.features])
        var target = try result.elements(of: Element.self)
        let source = try tensor.elements(of: Element.self)
        let cached = try past?.array(of: Element.self)
        let size = before[2] * layout.features
        for part in 0..<layout.batch * layout.heads where target.count > 0 {
            let start = part * total * layout.features
            for index in 0..<size { target[start &+ index] = cached?[part &* size &+ index] ?? 0 }
            let place = layout.place(item: part / layout.heads, head: part % layout.heads)
            for row in 0..<layout.length {
                for index in 0..<layout.features {
                    target[start &+ size &+ row &* layout.features &+ index] =
                        source[place.offset &+ row &* place.rowStride &+ index]
                }
            }
        }
        return result.finish()
    }
}
