// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Weights of few bits: packing, unpacking and multiplying.

#include "sweep.h"

/// Coded weights as they come, and what they stand for.
struct codes {
    size_t k, n, block, blocks, source_bits;
    int bits;
    bool is_depth_fast, is_turned;
    enum apus_nbits_zeros zeros;
    const uint8_t *stored;
    const float *scales, *points;
};

static size_t block_bytes(const struct codes *w, size_t width, size_t depth) {
    const size_t zeros = w->zeros == APUS_NBITS_MIDDLE ? 0 : w->zeros == APUS_NBITS_BYTES ? 1 : 4;
    return width * (4 + zeros + (w->bits == 4 ? (depth + 7) / 8 * 4 : depth));
}

static struct apus_nbits_layout make_layout(const struct codes *w) {
    const size_t width = tables[set]->f32_gemm_columns, whole = block_bytes(w, width, w->block);
    const size_t rest = block_bytes(w, width, w->k - (w->blocks - 1) * w->block);
    return (struct apus_nbits_layout){w->k, w->block, whole, (w->blocks - 1) * whole + rest, w->bits, w->zeros};
}

static struct codes make_codes(size_t n) {
    struct codes w = {.k = some(8) + (below(4) ? 0 : 40), .n = n, .bits = below(2) ? 4 : 8};
    w.block = 1 + below(w.k);
    w.blocks = (w.k + w.block - 1) / w.block;
    w.zeros = (enum apus_nbits_zeros)below(3);
    w.source_bits = w.bits == 8 ? 8 : (size_t)2 << below(3);
    w.is_depth_fast = below(2);
    w.is_turned = below(2);
    w.stored = bytes((w.k * n * w.source_bits + 7) / 8);
    w.scales = floats(w.blocks * n, 0.01f, 0.1f);
    float *points = w.zeros == APUS_NBITS_MIDDLE ? 0 : floats(w.blocks * n, 0, w.bits == 4 ? 15 : 200);
    for (size_t i = 0; w.zeros == APUS_NBITS_BYTES && i < w.blocks * n; ++i) points[i] = floorf(points[i]);
    w.points = points;
    return w;
}

static uint32_t turn(const struct codes *w) { return w->is_turned ? 1u << (w->source_bits - 1) : 0; }

static uint32_t mask(const struct codes *w) {
    return w->bits == 4 && w->source_bits > 4 ? 15 : (1u << w->source_bits) - 1;
}

/// The weight of a depth and column by the definition.
static float weight(const struct codes *w, size_t p, size_t c) {
    const size_t place = w->is_depth_fast ? c * w->k + p : p * w->n + c, bit = place * w->source_bits;
    const uint32_t word = w->stored[bit / 8] >> bit % 8, at = (uint32_t)(c * w->blocks + p / w->block);
    const float code = (float)((word + turn(w)) & mask(w)), middle = w->bits == 4 ? 8 : 128;
    return (code - (w->points ? w->points[at] : middle)) * w->scales[at];
}

static const uint8_t *pack_codes(const struct codes *w, const struct apus_nbits_layout *layout) {
    const size_t width = tables[set]->f32_gemm_columns, panels = (w->n + width - 1) / width;
    uint8_t *packed = room(panels * layout->panel_stride);
    for (size_t panel = 0; panel < panels; ++panel) {
        const size_t first = panel * width, left = w->n - first, apart = w->is_depth_fast ? w->k : 1;
        const struct apus_nbits_pack_task task = {
            .layout = *layout, .columns = left < width ? left : width, .x = w->stored, .first = first * apart,
            .column_stride = apart, .depth_stride = w->is_depth_fast ? 1 : w->n, .source_bits = w->source_bits,
            .turn = turn(w), .mask = mask(w), .scales = w->scales + first * w->blocks,
            .zeros = w->points ? w->points + first * w->blocks : 0, .scale_column_stride = w->blocks,
            .scale_block_stride = 1, .out = packed + panel * layout->panel_stride};
        tables[set]->f32_nbits_pack(&task);
    }
    return packed;
}

/// Packs and unpacks parts of the depth; the expected numbers are those of the definition.
static void unpack(enum kernel kernel, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        set = 1;
        examine(kernel, "round=%d", round);
        const size_t width = tables[1]->f32_gemm_columns;
        const struct codes w = make_codes(some(width));
        const size_t start = kernel == kernel_f32_nbits_pack ? 0 : below(w.k), count = w.k - start - below(w.k - start);
        examine_sizes("k=%zu n=%zu bits=%d of %zu block=%zu zeros=%d depth_fast=%d turned=%d start=%zu count=%zu", w.k,
                      w.n, w.bits, w.source_bits, w.block, (int)w.zeros, w.is_depth_fast, w.is_turned, start, count);
        const struct apus_nbits_layout layout = make_layout(&w);
        const uint8_t *packed = pack_codes(&w, &layout);
        for (size_t column = 0; column < w.n; column += width) {
            float *panel = room(count * width * sizeof(float)), *y[2];
            tables[1]->f32_nbits_unpack(&layout, packed + column / width * layout.panel_stride, start, count, panel);
            const size_t columns = w.n - column < width ? w.n - column : width;
            EACH_SET y[set] = room(count * columns * sizeof(float));
            for (size_t p = 0; p < count; ++p) {
                for (size_t c = 0; c < columns; ++c) {
                    y[0][p * columns + c] = weight(&w, start + p, column + c);
                    y[1][p * columns + c] = panel[p * width + c];
                }
            }
            compare_floats(y, count, columns, columns, 1e-5f);
            set = 1;
        }
    }
}

static const float *row_panels(const float *a, size_t m, size_t k, size_t rows) {
    const size_t panels = (m + rows - 1) / rows;
    float *packed = room(panels * rows * k * sizeof(float));
    for (size_t panel = 0; panel < panels; ++panel) {
        const size_t first = panel * rows, left = m - first;
        const struct apus_pack_task pack = {left < rows ? left : rows, k, rows, a + first * k, k, 1,
                                            packed + first * k, rows};
        tables[set]->f32_pack(&pack);
    }
    return packed;
}

static void gemm(void) {
    for (int round = 0; round < 200; ++round) {
        examine(kernel_f32_nbits_gemm, "round=%d", round);
        const size_t m = round % 2 ? 1 + below(4) : 5 + below(12), n = some(tables[1]->f32_gemm_columns);
        const struct codes w = make_codes(n);
        const size_t stride = n + below(3);
        examine_sizes("m=%zu k=%zu n=%zu bits=%d of %zu block=%zu zeros=%d depth_fast=%d turned=%d", m, w.k, n, w.bits,
                      w.source_bits, w.block, (int)w.zeros, w.is_depth_fast, w.is_turned);
        const float *a = floats(m * w.k, -1, 1);
        struct apus_nbits_task task = {
            .m = m, .n = n, .is_packed = m > 4, .a_row_stride = w.k, .prefetch = 4096, .c_stride = stride,
            .scale = below(2) ? 1 : 0.5f, .low = below(2) ? 0 : -INFINITY, .high = below(2) ? 2 : INFINITY,
            .bias = below(2) ? floats(n, -1, 1) : 0,
            .residual = below(2) ? floats(reach(m, stride, n), -1, 1) : 0};
        float *c[2];
        EACH_SET {
            const size_t tile = tables[set]->nbits_rows, panels = (m + tile - 1) / tile;
            task.layout = make_layout(&w);
            task.panel_rows = m > 4 ? larger(3, (m + panels - 1) / panels) : m;
            task.a_panel_stride = task.panel_rows * w.k;
            task.a = m > 4 ? row_panels(a, m, w.k, task.panel_rows) : a;
            task.b = pack_codes(&w, &task.layout);
            task.c = c[set] = room(reach(m, stride, n) * sizeof(float));
            tables[set]->f32_nbits_gemm(&task);
        }
        compare_floats(c, m, n, stride, 2e-6f * (float)(w.k + 8));
    }
}

void sweep_codes(void) {
    unpack(kernel_f32_nbits_pack, 100);
    unpack(kernel_f32_nbits_unpack, 100);
    gemm();
}
