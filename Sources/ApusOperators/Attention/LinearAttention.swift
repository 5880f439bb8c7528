// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Attention without softmax: a state per head that every token updates and every query reads.
package struct LinearAttention: MixedOperator {
    package static let schema = Schema("LinearAttention", since: 27, inputs: 3...6, outputs: 2...2)

    private enum Rule: String, CaseIterable {
        case linear
        case gated
        case delta
        case gatedDelta = "gated_delta"
    }

    private let queryHeads: Int
    private let keyHeads: Int
    private let scale: Float
    private let isGated: Bool
    private let isDelta: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        queryHeads = try node.integer("q_num_heads")
        keyHeads = try node.integer("kv_num_heads")
        guard queryHeads > 0, keyHeads > 0, queryHeads % keyHeads == 0 else {
            throw .attribute("\(queryHeads) query heads do not share \(keyHeads) key heads")
        }
        scale = try node.float("scale", default: 0)
        let rule = try node.choice("update_rule", default: Rule.gatedDelta)
        isGated = rule == .gated || rule == .gatedDelta
        isDelta = rule == .delta || rule == .gatedDelta
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        let stateType = inputs.known(3) == nil ? type : inputs.elementType(3)
        guard let query = inputs.dimensions(0), let value = inputs.dimensions(2) else {
            return [.tensor(maybe: type, nil), .tensor(maybe: stateType, nil)]
        }
        guard query.count == 3, value.count == 3 else { throw .shape("queries \(query) and values \(value)") }
        let keyFeatures = query[2].floorDivided(by: Dimension(queryHeads))
        let features = value[2].floorDivided(by: Dimension(keyHeads))
        return [
            .tensor(maybe: type, [query[0], query[1], features * Dimension(queryHeads)]),
            .tensor(maybe: stateType, [query[0], Dimension(keyHeads), keyFeatures, features]),
        ]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        guard inputs.isPresent(4) == isGated, inputs.isPresent(5) == isDelta else {
            throw .value("the update rule does not fit the presence of decay and beta")
        }
        let ranks = [try inputs.tensor(0).shape.rank, try inputs.tensor(1).shape.rank, try inputs.tensor(2).shape.rank]
        guard ranks == [3, 3, 3] else { throw .shape("queries, keys and values have ranks \(ranks), expected 3 each") }
        let query = try HeadLayout(inputs.tensor(0).shape, heads: queryHeads, "the query")
        let key = try HeadLayout(inputs.tensor(1).shape, heads: keyHeads, "the key")
        let value = try HeadLayout(inputs.tensor(2).shape, heads: keyHeads, "the value")
        let (batch, length) = (query.batch, query.length)
        let (keyFeatures, features) = (query.features, value.features)
        let sides = [(key.batch, key.length), (value.batch, value.length)]
        guard sides.allSatisfy({ $0 == (batch, length) }), key.features == keyFeatures else {
            throw .shape("queries \(query.shape), keys \(key.shape) and values \(value.shape)")
        }
        let decay = try optionalRows(inputs, 4, batch * length, [keyHeads, keyHeads * keyFeatures], of: Element.self)
        let beta = try optionalRows(inputs, 5, batch * length, [keyHeads, 1], of: Element.self)
        let stateShape: Shape = [batch, keyHeads, keyFeatures, features]
        let past = try inputs.optionalTensor(3)
        if let past, past.shape != stateShape { throw .shape("a state \(past.shape), expected \(stateShape)") }
        var state = try outputs.context.scratch(stateShape, of: Element.self)
        if let past { state = try past.reals(as: Element.self) }
        let queries = try inputs.tensor(0).reals(as: Element.self)
        let keys = try inputs.tensor(1).reals(as: Element.self)
        let values = try inputs.tensor(2).reals(as: Element.self)
        let factor = scale == 0 ? 1 / Element(keyFeatures).squareRoot() : Element(scale)
        let stored = try inputs.tensor(0).elementType
        let size = keyFeatures * features
        let group = queryHeads / keyHeads
        try outputs.write(0, of: Element.self, [batch, length, queryHeads * features], as: stored) {
            (target) throws(ComputeError) in
            var update = [Element](repeating: 0, count: features)
            for part in 0..<batch * keyHeads where length > 0 {
                let (item, head) = (part / keyHeads, part % keyHeads)
                let first = part * size
                for row in item * length..<(item + 1) * length {
                    let keyStart = (row * keyHeads + head) * keyFeatures
                    let valueStart = (row * keyHeads + head) * features
                    if let decay {
                        let isShared = decay.width == keyHeads
                        for index in 0..<size {
                            let place = isShared ? head : head * keyFeatures + index / features
                            state[first + index] *= Element.exp(decay.values[row * decay.width + place])
                        }
                    }
                    for feature in 0..<features { update[feature] = values[valueStart + feature] }
                    if let beta {
                        let rate = beta.values[row * beta.width + (beta.width == 1 ? 0 : head)]
                        for feature in 0..<features {
                            var held: Element = 0
                            for index in 0..<keyFeatures {
                                held += state[first + index * features + feature] * keys[keyStart + index]
                            }
                            update[feature] = rate * (update[feature] - held)
                        }
                    }
                    for index in 0..<size {
                        state[first + index] += keys[keyStart + index / features] * update[index % features]
                    }
                    for member in 0..<group {
                        let reader = head * group + member
                        let queryStart = (row * queryHeads + reader) * keyFeatures
                        for feature in 0..<features {
                            var sum: Element = 0
                            for index in 0..<keyFeatures {
                                sum += queries[queryStart + index] * state[first + index * features + feature]
                            }
                            target[(row * queryHeads + reader) * features + feature] = sum * factor
                        }
                    }
                }
            }
        }
        outputs.set(1, try Tensor(state, shape: stateShape).cast(to: past?.elementType ?? stored))
    }

    private func optionalRows<Element: RealElement>(
        _ inputs: Inputs, _ index: Int, _ rows: Int, _ widths: [Int], of type: Element.Type
    ) throws(ComputeError) -> (values: [Element], width: Int)? {
        guard let tensor = try inputs.optionalTensor(index) else { return nil }
        guard tensor.shape.rank == 3, tensor.shape[0] * tensor.shape[1] == rows, widths.contains(tensor.shape[2]) else {
            throw .shape("input \(index) is \(tensor.shape), expected \(rows) rows of \(widths)")
        }
        return (try tensor.reals(as: Element.self), tensor.shape[2])
    }
}
