// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Attention of one head: few queries and many, keys of several blocks, masks, bounds and caps.

#include "sweep.h"

static void attention(enum kernel kernel, bool is_paired) {
    const size_t tile = tables[1]->f32_gemm_columns;
    for (int round = 0; round < 160; ++round) {
        const size_t queries = round % 3 == 0 ? 1 + below(3) : some(tile);
        const size_t keys = round % 7 == 0 ? 120 + below(160) : 1 + below(40);
        const size_t depth = some(8), values = some(8);
        const size_t q = depth + below(3), k = depth + below(3), v = values + below(3), stride = values + below(3);
        const int mask = round % 4;
        const ptrdiff_t reaches[] = {(ptrdiff_t)1 << 40, 0, 3, -2}, far = reaches[below(4)];
        const float cap = round % 5 == 0 ? 2 : 0;
        examine(kernel, "queries=%zu keys=%zu depth=%zu values=%zu strides=%zu,%zu,%zu,%zu mask=%d "
                "reach=%td cap=%g", queries, keys, depth, values, q, k, v, stride, mask, far, (double)cap);
        struct apus_attention_task task = {
            .queries = queries, .keys = keys, .depth = depth, .values = values, .q_stride = q, .k_stride = k,
            .v_stride = v, .y_stride = stride, .reach = far, .scale = 0.75f, .softcap = cap,
            .q = floats(reach(queries, q, depth), -1, 1), .k = floats(reach(keys, k, depth), -1, 1),
            .v = floats(reach(keys, v, values), -1, 1)};
        if (mask > 1) {
            task.mask_stride = mask == 2 ? 0 : keys + below(3);
            const size_t count = reach(queries, task.mask_stride, keys);
            float *added = floats(count, -2, 2);
            for (size_t i = 0; i < count; ++i) {
                if (below(4) == 0) added[i] = -INFINITY;
            }
            task.mask = added;
        }
        float *y[2];
        EACH_SET {
            const size_t columns = tables[set]->f32_gemm_columns;
            task.y = y[set] = room(reach(queries, stride, values) * sizeof(float));
            task.scratch = room((columns * (depth + values + 2 * 129) + keys * (depth + values + 2)) * sizeof(float));
            (is_paired ? tables[set]->bf16_attention : tables[set]->f32_attention)(&task);
        }
        // Weights that differ by little may be rounded to neighbours.
        compare_floats(y, queries, values, stride, is_paired ? 8e-3f : 1e-5f);
    }
}

void sweep_attention(void) {
    attention(kernel_f32_attention, false);
    attention(kernel_bf16_attention, true);
}
