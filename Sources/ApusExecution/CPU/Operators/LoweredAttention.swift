// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// Attention that reads queries, keys and values where a product left them, and writes where the next reads.
///
/// Inputs: queries, keys, values, mask (optional). Each of the first three is `[batch, places, width]`, its heads side
/// by side from a column (`offsets`) on, or of rank 4 with heads before places, or after them where
/// `places_first` says so. The last of `places_first` and `rank` say how the result lies.
struct LoweredAttention: Operator {
    static let schema = Schema("Attention", domain: PackedWeights.domain, inputs: 3...4)

    private let heads: Int
    private let keyHeads: Int
    private let depth: Int
    private let values: Int
    private let offsets: [Int]
    private let placesFirst: [Int]
    private let rank: Int
    private let scale: Float
    private let softcap: Float
    private let isCausal: Bool
    private let precision: Precision

    init(_ node: NodeReader) throws(ComputeError) {
        heads = try node.integer("heads")
        keyHeads = try node.integer("key_heads", default: heads)
        depth = try node.integer("depth")
        values = try node.integer("values", default: depth)
        let offsets = try node.integers("offsets")
        self.offsets = offsets.isEmpty ? [0, 0, 0] : offsets
        placesFirst = try node.integers("places_first")
        rank = try node.integer("rank", default: 3)
        scale = try node.float("scale", default: 1)
        softcap = try node.float("softcap", default: 0)
        isCausal = try node.flag("is_causal")
        precision = try Precision(node)
        let limit = 1 << 24
        guard (1...limit).contains(heads), (1...limit).contains(keyHeads), heads % keyHeads == 0,
            (1...limit).contains(depth), (1...limit).contains(values), self.offsets.count == 3,
            self.offsets.allSatisfy({ (0...1 << 40).contains($0) }), placesFirst.count == 4, rank == 3 || rank == 4
        else { throw .attribute("\(heads) heads of \(depth) and \(values) features at \(offsets)") }
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let query = inputs[0]?.type.dimensions, query.count == 3 || query.count == 4 else { return [] }
        let places = query.count == 3 || placesFirst[0] == 1 ? query[1] : query[2]
        return [
            .tensor(.float32, result(query[0], places, Dimension(heads), Dimension(values), Dimension(heads * values)))
        ]
    }

    private func result<Size>(_ batch: Size, _ places: Size, _ heads: Size, _ features: Size, _ width: Size) -> [Size] {
        if rank == 3 { return [batch, places, width] }
        return placesFirst[3] == 1 ? [batch, places, heads, features] : [batch, heads, places, features]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let (q, k, v) = (try inputs.tensor(0), try inputs.tensor(1), try inputs.tensor(2))
        let (query, queryCount) = try steps(q, 0, heads, depth)
        let (key, keyCount) = try steps(k, 1, keyHeads, depth)
        let (value, valueCount) = try steps(v, 2, keyHeads, values)
        guard k.shape[0] == q.shape[0], v.shape[0] == q.shape[0], keyCount == valueCount else {
            throw .shape("queries \(q.shape), keys \(k.shape) and values \(v.shape)")
        }
        var shape = AttentionShape(
            batch: q.shape[0], heads: heads, keyHeads: keyHeads, queries: queryCount, keys: keyCount, depth: depth,
            values: values, scale: scale)
        shape.softcap = softcap
        if isCausal { shape.reach = 0 }
        let mask = try FusedAttention.Mask(try inputs.optionalTensor(3), shape)
        let sizes =
            if rank == 3 {
                Shape(q.shape[0], queryCount, heads * values)
            } else if placesFirst[3] == 1 {
                Shape(q.shape[0], queryCount, heads, values)
            } else {
                Shape(q.shape[0], heads, queryCount, values)
            }
        let target = try outputs.makeTensor(0, .float32, sizes)
        let size = queryCount * values
        let places =
            rank == 3 || placesFirst[3] == 1
            ? HeadSteps(item: size * heads, head: values, place: heads * values)
            : HeadSteps(item: size * heads, head: size, place: values)
        FusedAttention(shape, (query, key, value)).run(
            q, k, v, mask, into: target, places, outputs.context, precision: precision)
        outputs.set(0, target.finish())
    }

    /// Where the heads of an input lie, checked against its shape, and how many places it has.
    private func steps(
        _ tensor: Tensor, _ index: Int, _ heads: Int, _ features: Int
    ) throws(ComputeError) -> (HeadSteps, Int) {
        let shape = tensor.shape
        let (offset, width) = (offsets[index], heads * features)
        if tensor.elementType == .float32, shape.rank == 3, shape[2] >= offset + width {
            return (
                HeadSteps(offset: offset, item: shape[1] * shape[2], head: features, place: shape[2]), shape[1]
            )
        }
        let isFirst = placesFirst[index] == 1
        guard tensor.elementType == .float32, shape.rank == 4, offset == 0, shape[3] == features,
            shape[isFirst ? 2 : 1] == heads
        else { throw .shape("input \(index) is \(tensor), expected \(heads) heads of \(features) f32") }
        let places = shape[isFirst ? 1 : 2]
        let item = places * width
        return isFirst
            ? (HeadSteps(item: item, head: features, place: width), places)
            : (HeadSteps(item: item, head: places * features, place: features), places)
    }
}
