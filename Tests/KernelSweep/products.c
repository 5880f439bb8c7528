// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Products of floats and the panels they read.

#include "sweep.h"

float *right_panels(const float *b, size_t n, size_t k, size_t column, size_t depth) {
    const size_t width = tables[set]->f32_gemm_columns, panels = (n + width - 1) / width;
    float *packed = room(panels * width * k * sizeof(float));
    for (size_t panel = 0; panel < panels; ++panel) {
        const size_t first = panel * width, left = n - first;
        const struct apus_pack_task pack = {left < width ? left : width, k, width, b + first * column, column, depth,
                                            packed + first * k, width};
        tables[set]->f32_pack(&pack);
    }
    return packed;
}

static float *left_panels(const float *a, size_t m, size_t k, size_t stride, size_t panel_rows) {
    const size_t panels = (m + panel_rows - 1) / panel_rows;
    float *packed = room(panels * panel_rows * k * sizeof(float));
    for (size_t panel = 0; panel < panels; ++panel) {
        const size_t first = panel * panel_rows, left = m - first;
        const struct apus_pack_task pack = {left < panel_rows ? left : panel_rows, k, panel_rows, a + first * stride,
                                            stride, 1, packed + first * k, panel_rows};
        tables[set]->f32_pack(&pack);
    }
    return packed;
}

static void peak(void) {
    for (size_t rounds = 0; rounds < 40; rounds += 13) {
        examine(kernel_f32_peak, "rounds=%zu", rounds);
        float *y[2];
        EACH_SET {
            y[set] = room(sizeof(float));
            y[set][0] = tables[set]->f32_peak(rounds) / (float)tables[set]->lanes;
        }
        compare_floats(y, 1, 1, 1, 0);
    }
}

static void pack(void) {
    for (int round = 0; round < 200; ++round) {
        const size_t padded = some(tables[1]->lanes), rows = padded - below(padded + 1), k = near(tables[1]->lanes);
        const size_t out_step = padded + below(3), form = round % 3;
        const size_t stride = form == 0 ? 1 : k + 1 + below(3), step = form == 0 ? rows + below(3) : form == 1 ? 1 : 2;
        const size_t wide = form == 2 ? 2 * stride : stride;
        examine(kernel_f32_pack, "rows=%zu padded=%zu k=%zu stride=%zu step=%zu out=%zu", rows, padded, k, wide, step,
                out_step);
        struct apus_pack_task task = {.rows = rows, .k = k, .padded_rows = padded, .row_stride = wide, .step = step,
                                      .out_step = out_step};
        const size_t apart = rows && k ? (rows - 1) * wide + (k - 1) * step + 1 : 0;
        task.x = floats(form == 0 ? reach(k, step, rows) : apart, -1, 1);
        float *y[2];
        EACH_SET {
            task.out = y[set] = room(reach(k, out_step, padded) * sizeof(float));
            tables[set]->f32_pack(&task);
        }
        compare_floats(y, k, padded, out_step, 0);
    }
}

static void interleave(void) {
    for (size_t depth = 1; depth < 8; ++depth) {
        for (size_t count = 0; count < 3 * tables[1]->lanes; ++count) {
            const size_t stride = count + below(3);
            examine(kernel_f32_interleave, "depth=%zu count=%zu stride=%zu", depth, count, stride);
            const float *x = floats(reach(depth, stride, count), -1, 1);
            float *y[2];
            EACH_SET {
                y[set] = room(depth * count * sizeof(float));
                tables[set]->f32_interleave(depth, count, x, stride, y[set]);
            }
            compare_floats(y, 1, depth * count, depth * count, 0);
        }
    }
}

static float *units(size_t count) { return floats(count, -1, 1); }

/// How the left operand lies: rows apart, columns apart, or in panels.
enum layout { by_rows, by_columns, in_panels };

/// Of floats, or of words of two bf16 along the depth.
static void gemm(enum kernel kernel, bool is_paired) {
    float *(*const numbers)(size_t) = is_paired ? pairs : units;
    for (int round = 0; round < 400; ++round) {
        const size_t m = near(is_paired ? tables[1]->bf16_gemm_rows : tables[1]->f32_gemm_rows);
        const size_t n = near(tables[1]->f32_gemm_columns);
        const size_t k = round % 9 == 0 ? 200 + below(60) : near(8), stride = n + below(4);
        const enum layout layout = (enum layout)(round % 3);
        const size_t pitch = (layout == by_columns ? m : k) + below(4), b_pitch = n + below(4);
        const bool is_in_place = below(2), is_first = below(3) > 0, is_last = below(3) > 0;
        examine(kernel, "m=%zu n=%zu k=%zu layout=%d pitch=%zu in_place=%d first=%d last=%d round=%d", m, n,
                k, (int)layout, pitch, is_in_place, is_first, is_last, round);
        const float *a = numbers(layout == by_columns ? reach(k, pitch, m) : reach(m, pitch, k));
        const float *b = numbers(reach(k, b_pitch, n)), *old = units(reach(m, stride, n));
        struct apus_f32_gemm_task task = {
            .m = m, .n = n, .k = k, .prefetch = below(2) * 512, .c_stride = stride, .is_first = is_first,
            .is_last = is_last, .scale = below(2) ? 1 : 0.5f, .low = below(2) ? 0 : -INFINITY,
            .high = below(2) ? 2 : INFINITY, .row_bias = below(2) ? floats(m, -1, 1) : 0,
            .column_bias = below(2) ? floats(n, -1, 1) : 0,
            .residual = below(2) ? floats(reach(m, stride, n), -1, 1) : 0};
        float *c[2];
        EACH_SET {
            const size_t tile = is_paired ? tables[set]->bf16_gemm_rows : tables[set]->f32_gemm_rows;
            const size_t width = tables[set]->f32_gemm_columns;
            const size_t panels = larger(1, (m + tile - 1) / tile), rows = larger(1, (m + panels - 1) / panels);
            task.panel_rows = rows;
            task.a = layout == in_panels ? left_panels(a, m, k, pitch, rows) : a;
            task.a_row_stride = layout == by_rows ? pitch : 1;
            task.a_step = layout == by_rows ? 1 : layout == by_columns ? pitch : rows;
            task.a_panel_stride = rows * (layout == by_columns ? 1 : layout == by_rows ? pitch : k);
            task.b = is_in_place ? b : right_panels(b, n, k, 1, b_pitch);
            task.b_step = is_in_place ? b_pitch : width;
            task.b_panel_stride = is_in_place ? width : width * k;
            task.c = c[set] = room(reach(m, stride, n) * sizeof(float));
            for (size_t r = 0; !is_first && r < m; ++r) {
                memcpy(task.c + r * stride, old + r * stride, n * sizeof(float));
            }
            (is_paired ? tables[set]->bf16_gemm : tables[set]->f32_gemm)(&task);
        }
        compare_floats(c, m, n, stride, 4e-7f * (float)(k + 8));
    }
}

void sweep_products(void) {
    peak();
    pack();
    interleave();
    gemm(kernel_f32_gemm, false);
    gemm(kernel_bf16_gemm, true);
}
