// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// Where one element of queries, keys, values or results lies: distances in elements between items, heads and places.
///
/// The features of one place are contiguous.
package struct HeadSteps: Sendable, Hashable {
    /// The position of the first element.
    package var offset: Int
    /// The distance from one item of the batch to the next.
    package var item: Int
    /// The distance from one head to the next.
    package var head: Int
    /// The distance from one place of the sequence to the next.
    package var place: Int

    /// Names the distances.
    package init(offset: Int = 0, item: Int, head: Int, place: Int) {
        self.offset = offset
        self.item = item
        self.head = head
        self.place = place
    }

    func position(_ item: Int, _ head: Int, _ place: Int = 0) -> Int {
        offset + item * self.item + head * self.head + place * self.place
    }
}

/// The sizes and rules of an attention.
package struct AttentionShape: Sendable, Hashable {
    /// The number of items.
    package var batch: Int
    /// The heads of the queries.
    package var heads: Int
    /// The heads of keys and values, each shared by equally many heads of queries.
    package var keyHeads: Int
    /// The number of queries of an item.
    package var queries: Int
    /// The number of keys of an item.
    package var keys: Int
    /// The features of queries and keys.
    package var depth: Int
    /// The features of values.
    package var values: Int
    /// The factor of the scores.
    package var scale: Float
    /// The bound scores are bent under, or 0.
    package var softcap: Float = 0
    /// How far behind its own number a query sees: query `i` sees key `j` where `j <= i + reach`; nil: all keys.
    package var reach: Int?

    /// Describes an attention over all keys.
    package init(
        batch: Int, heads: Int, keyHeads: Int, queries: Int, keys: Int, depth: Int, values: Int, scale: Float
    ) {
        self.batch = batch
        self.heads = heads
        self.keyHeads = keyHeads
        self.queries = queries
        self.keys = keys
        self.depth = depth
        self.values = values
        self.scale = scale
    }
}

extension Kernels {
    /// Weighs values by the softmax of scaled, masked products of queries and keys; all scores are never in memory.
    ///
    /// Kernels for bf16 round queries, keys, values and weights. A mask is added to the scores; its last axis runs over
    /// keys and is contiguous. A query that sees no key gets zeros.
    package func attention(
        _ shape: AttentionShape, _ q: UnsafePointer<Float>, _ qSteps: HeadSteps, _ k: UnsafePointer<Float>,
        _ kSteps: HeadSteps, _ v: UnsafePointer<Float>, _ vSteps: HeadSteps, mask: UnsafePointer<Float>? = nil,
        maskSteps: HeadSteps = HeadSteps(item: 0, head: 0, place: 0), into y: UnsafeMutablePointer<Float>,
        _ ySteps: HeadSteps
    ) {
        guard shape.batch > 0, shape.heads > 0, shape.queries > 0, shape.values > 0 else { return }
        let lanes = unsafe table.pointee.f32_gemm_columns
        let heads = shape.batch * shape.heads
        let tiles = (shape.queries + lanes - 1) / lanes
        let wanted = pool.threadCount == 1 ? 1 : (pool.threadCount * 2 + heads - 1) / heads
        let blocks = Swift.max(1, Swift.min(wanted, tiles))
        let shared = shape.heads / shape.keyHeads
        let cost = shape.queries * shape.keys / blocks * (shape.depth + shape.values) / 4
        let isPaired = precision == .bf16
        var floats = lanes * (shape.depth + shape.values + 2 * (isPaired ? 129 : 128))
        if isPaired { floats += shape.keys * ((shape.depth + 1) / 2) + (shape.keys + 1) / 2 * shape.values }
        let kernel = unsafe isPaired ? table.pointee.bf16_attention : table.pointee.f32_attention
        spreadItems(heads * blocks, cost: cost) { items in
            guard let bytes = unsafe scratch(.attention, byteCount: floats * 4) else { return }
            let memory = unsafe bytes.assumingMemoryBound(to: Float.self)
            for index in items {
                let (part, block) = index.quotientAndRemainder(dividingBy: blocks)
                let (item, head) = part.quotientAndRemainder(dividingBy: shape.heads)
                let first = block * tiles / blocks * lanes
                let last = Swift.min(shape.queries, (block + 1) * tiles / blocks * lanes)
                // SAFETY: the caller gives operands of the shape and steps.
                var task = unsafe apus_attention_task()
                unsafe task.queries = last - first
                unsafe task.keys = shape.keys
                unsafe task.depth = shape.depth
                unsafe task.values = shape.values
                unsafe task.q = q + qSteps.position(item, head, first)
                unsafe task.k = k + kSteps.position(item, head / shared)
                unsafe task.v = v + vSteps.position(item, head / shared)
                unsafe task.mask = mask.map { unsafe $0 + maskSteps.position(item, head, first) }
                unsafe task.q_stride = qSteps.place
                unsafe task.k_stride = kSteps.place
                unsafe task.v_stride = vSteps.place
                unsafe task.mask_stride = maskSteps.place
                unsafe task.y = y + ySteps.position(item, head, first)
                unsafe task.y_stride = ySteps.place
                unsafe task.reach = shape.reach.map { $0 + first } ?? 1 << 40
                unsafe task.scale = shape.scale
                unsafe task.softcap = shape.softcap
                unsafe task.scratch = memory
                unsafe kernel?(&task)
            }
        }
    }
}
