// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Products of panels of bytes, how panels are made, and what is done to exact sums.

#include "sweep.h"

uint8_t *byte_panels(const uint8_t *x, size_t rows, size_t k, size_t stride, size_t step, size_t panel_rows,
                     bool is_signed, int32_t *sums) {
    const size_t panels = (rows + panel_rows - 1) / panel_rows, size = panel_rows * ((k + 3) / 4) * 4;
    uint8_t *packed = room(panels * size);
    for (size_t panel = 0; panel < panels; ++panel) {
        const size_t first = panel * panel_rows, left = rows - first;
        const struct apus_byte_pack_task pack = {
            .rows = left < panel_rows ? left : panel_rows, .k = k, .padded_rows = panel_rows, .x = x + first * stride,
            .row_stride = stride, .step = step, .out = packed + panel * size, .sums = sums ? sums + first : 0,
            .is_signed = is_signed};
        tables[set]->u8_pack(&pack);
    }
    return packed;
}

static void gemm(enum kernel kernel, apus_u8s8_gemm_fn *scalar, apus_u8s8_gemm_fn *tested, bool is_left_signed) {
    apus_u8s8_gemm_fn *const functions[2] = {scalar, tested};
    for (int round = 0; round < 250; ++round) {
        const size_t m = near(tables[1]->i8_gemm_rows), n = near(tables[1]->i8_gemm_columns);
        const size_t k = round % 9 == 0 ? 500 + below(80) : near(8), stride = n + below(3), groups = (k + 3) / 4;
        examine(kernel, "m=%zu n=%zu k=%zu stride=%zu round=%d", m, n, k, stride, round);
        uint8_t *a = bytes(m * k), *b = bytes(k * n);
        // The largest products there are, and sums that no 16 bits hold.
        if (round % 5 == 0) {
            memset(a, is_left_signed ? 0x80 : 0xff, m * k);
            memset(b, is_left_signed ? 0xff : round % 10 ? 0x80 : 0x7f, k * n);
        }
        struct apus_byte_gemm_task task = {.m = m, .n = n, .groups = groups, .c_stride = stride};
        int32_t *c[2];
        EACH_SET {
            const size_t tile = tables[set]->i8_gemm_rows, width = tables[set]->i8_gemm_columns;
            const size_t panels = larger(1, (m + tile - 1) / tile), rows = larger(1, (m + panels - 1) / panels);
            task.panel_rows = rows;
            task.a = byte_panels(a, m, k, k, 1, rows, is_left_signed, 0);
            task.a_panel_stride = rows * groups * 4;
            task.b = byte_panels(b, n, k, 1, n, width, !is_left_signed, 0);
            task.b_panel_stride = width * groups * 4;
            task.c = c[set] = room(reach(m, stride, n) * sizeof(int32_t));
            functions[set](&task);
        }
        compare_integers(c, m, n, stride);
    }
}

static void pack(void) {
    for (int round = 0; round < 150; ++round) {
        const size_t padded = some(8), rows = padded - below(padded + 1), k = near(8), step = 1 + below(2) * below(3);
        const size_t stride = k * step + below(3), groups = (k + 3) / 4;
        const uint8_t flip = below(2) ? 0x80 : 0;
        examine(kernel_u8_pack, "rows=%zu padded=%zu k=%zu stride=%zu step=%zu flip=%d", rows, padded, k, stride, step,
                flip);
        struct apus_byte_pack_task task = {.rows = rows, .k = k, .padded_rows = padded, .row_stride = stride,
                                           .step = step, .flip = flip, .is_signed = round % 2};
        task.x = bytes(rows && k ? (rows - 1) * stride + (k - 1) * step + 1 : 0);
        uint8_t *y[2];
        int32_t *sums[2];
        EACH_SET {
            task.out = y[set] = room(groups * padded * 4);
            sums[set] = room(padded * sizeof(int32_t));
            task.sums = round % 3 ? sums[set] : 0;
            tables[set]->u8_pack(&task);
        }
        compare_bytes(y, groups, padded * 4, padded * 4);
        if (round % 3) compare_integers(sums, 1, padded, padded);
    }
}

static void patch(void) {
    static const size_t kernels[][2] = {{1, 1}, {3, 3}, {1, 5}, {2, 3}};
    for (int round = 0; round < 150; ++round) {
        examine(kernel_u8_patch, "round=%d", round);
        const size_t *shape = kernels[below(4)];
        const struct window w = make_window(shape[0], shape[1], 1 + below(3), 1 + below(2));
        const size_t channels = 1 + below(9), outputs = w.output_height * w.output_width;
        const size_t taps = w.kernel_height * w.kernel_width, groups = taps * ((channels + 3) / 4);
        const size_t widest = larger(tables[0]->i8_gemm_columns, tables[1]->i8_gemm_columns);
        const size_t column = below(outputs) / widest * widest, columns = outputs - column - below(outputs - column);
        const uint8_t fill = (uint8_t)below(256), flip = below(2) ? 0x80 : 0;
        examine_sizes("channels=%zu image=%zux%zu kernel=%zux%zu stride=%zu dilation=%zu pad=%zu,%zu columns=%zu+%zu "
                      "fill=%d flip=%d", channels, w.height, w.width, w.kernel_height, w.kernel_width, w.stride_width,
                      w.dilation_width, w.pad_top, w.pad_left, column, columns, fill, flip);
        struct apus_byte_patch_task task = {.taps = taps};
        task.patch = (struct apus_patch_task){
            .x = bytes(channels * w.height * w.width), .channels = channels, .height = (ptrdiff_t)w.height,
            .width = (ptrdiff_t)w.width, .output_width = (ptrdiff_t)w.output_width,
            .kernel_width = (ptrdiff_t)w.kernel_width, .stride_height = (ptrdiff_t)w.stride_height,
            .stride_width = (ptrdiff_t)w.stride_width, .dilation_height = (ptrdiff_t)w.dilation_height,
            .dilation_width = (ptrdiff_t)w.dilation_width, .pad_top = (ptrdiff_t)w.pad_top,
            .pad_left = (ptrdiff_t)w.pad_left, .column = column, .columns = columns, .fill = fill, .flip = flip};
        uint8_t *y[2];
        int32_t *sums[2];
        EACH_SET {
            const size_t width = tables[set]->i8_gemm_columns, panels = (columns + width - 1) / width;
            const size_t panel = width * groups * 4;
            y[set] = room(groups * columns * 4);
            uint8_t *out = room(panels * panel);
            sums[set] = room(panels * width * sizeof(int32_t));
            task.patch.panel_columns = width;
            task.patch.panel_stride = panel;
            task.patch.out = out;
            task.sums = round % 2 ? sums[set] : 0;
            tables[set]->u8_patch(&task);
            for (size_t g = 0; g < groups; ++g) {
                for (size_t c = 0; c < columns; ++c) {
                    memcpy(y[set] + (g * columns + c) * 4, out + c / width * panel + (g * width + c % width) * 4, 4);
                }
            }
        }
        compare_bytes(y, groups, columns * 4, columns * 4);
        if (round % 2) compare_integers(sums, 1, columns, columns);
    }
}

static struct apus_sum_task make_sums(size_t n) {
    return (struct apus_sum_task){
        .n = n, .x = integers(n, -100000, 100000), .column_terms = below(2) ? integers(n, -9999, 9999) : 0,
        .right_zeros = below(2) ? integers(n, -128, 127) : 0, .column_bias = below(2) ? integers(n, -9999, 9999) : 0,
        .left_zero = (int32_t)below(256), .right_zero = (int32_t)below(256), .row_sum = (int32_t)below(9999),
        .row_bias = (int32_t)below(9999), .column_scales = below(2) ? floats(n, 0.001f, 0.01f) : 0,
        .column_offsets = below(2) ? floats(n, -1, 1) : 0, .scale = 0.003f, .offset = 0.5f};
}

static void sums(void) {
    for (int round = 0; round < 100; ++round) {
        const size_t n = near(tables[1]->lanes);
        examine(kernel_s32_finish, "n=%zu round=%d", n, round);
        const struct apus_sum_task task = make_sums(n);
        int32_t *words[2];
        float *y[2];
        EACH_SET {
            words[set] = room(n * sizeof(int32_t));
            y[set] = room(n * sizeof(float));
            tables[set]->s32_finish(&task, words[set]);
            tables[set]->s32_scale(&task, y[set]);
        }
        compare_integers(words, 1, n, n);
        continue_with(kernel_s32_scale);
        compare_floats(y, 1, n, n, 1e-4f);
    }
}

static void rounding(void) {
    for (int round = 0; round < 100; ++round) {
        const size_t n = near(tables[1]->lanes);
        const float zero = (float)below(256), low = (float)below(50), high = 255 - (float)below(50);
        examine(kernel_s32_round, "n=%zu zero=%g low=%g high=%g", n, (double)zero, (double)low, (double)high);
        float *x = floats(n, -300, 300);
        for (size_t i = 0; i < n; ++i) {
            if (below(3) == 0) x[i] = floorf(x[i]) + 0.5f;
        }
        int32_t *words[2];
        uint8_t *y[2];
        EACH_SET {
            words[set] = room(n * sizeof(int32_t));
            tables[set]->s32_round(n, x, words[set]);
        }
        compare_integers(words, 1, n, n);
        continue_with(kernel_u8_requantize);
        if (n > 0) x[below(n)] = round % 3 ? NAN : round % 2 ? INFINITY : -INFINITY;
        EACH_SET {
            y[set] = room(n);
            tables[set]->u8_requantize(n, x, zero, low, high, y[set]);
        }
        compare_bytes(y, 1, n, n);
    }
}

void sweep_bytes(void) {
    gemm(kernel_u8s8_gemm, tables[0]->u8s8_gemm, tables[1]->u8s8_gemm, false);
    gemm(kernel_s8u8_gemm, tables[0]->s8u8_gemm, tables[1]->s8u8_gemm, true);
    pack();
    patch();
    sums();
    rounding();
}
