// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Convolutions of floats: patches, pointers to pixels, and Winograd's tiles.

#include "sweep.h"

static const size_t kernels[][2] = {{1, 1}, {3, 3}, {1, 5}, {2, 3}, {5, 1}, {4, 4}};

static struct window any_window(void) {
    const size_t *taps = kernels[below(6)];
    return make_window(taps[0], taps[1], 1 + below(3), 1 + below(2));
}

static void patch(void) {
    for (int round = 0; round < 150; ++round) {
        examine(kernel_f32_patch, "round=%d", round);
        const struct window w = any_window();
        const size_t channels = 1 + below(5), outputs = w.output_height * w.output_width;
        const size_t depth = channels * w.kernel_height * w.kernel_width, k = below(depth);
        const size_t count = depth - k - below(depth - k), widest = tables[1]->f32_gemm_columns;
        const size_t column = below(outputs) / widest * widest, columns = outputs - column - below(outputs - column);
        examine_sizes("channels=%zu image=%zux%zu kernel=%zux%zu stride=%zu dilation=%zu pad=%zu,%zu columns=%zu+%zu "
                      "depth=%zu+%zu", channels, w.height, w.width, w.kernel_height, w.kernel_width, w.stride_width,
                      w.dilation_width, w.pad_top, w.pad_left, column, columns, k, count);
        struct apus_patch_task task = {
            .x = floats(channels * w.height * w.width, -1, 1), .channels = channels, .height = (ptrdiff_t)w.height,
            .width = (ptrdiff_t)w.width, .output_width = (ptrdiff_t)w.output_width,
            .kernel_width = (ptrdiff_t)w.kernel_width, .stride_height = (ptrdiff_t)w.stride_height,
            .stride_width = (ptrdiff_t)w.stride_width, .dilation_height = (ptrdiff_t)w.dilation_height,
            .dilation_width = (ptrdiff_t)w.dilation_width, .pad_top = (ptrdiff_t)w.pad_top,
            .pad_left = (ptrdiff_t)w.pad_left, .column = column, .columns = columns, .k = k, .k_count = count};
        float *y[2];
        EACH_SET {
            const size_t width = tables[set]->f32_gemm_columns, panels = (columns + width - 1) / width;
            y[set] = room(count * columns * sizeof(float));
            task.panel_columns = width;
            task.panel_stride = width * count;
            task.out = room(panels * width * count * sizeof(float));
            tables[set]->f32_patch(&task);
            const float *out = task.out;
            for (size_t c = 0; c < columns; ++c) {
                for (size_t p = 0; p < count; ++p) {
                    y[set][p * columns + c] = out[c / width * width * count + p * width + c % width];
                }
            }
        }
        compare_floats(y, count, columns, columns, 0);
    }
}

static size_t whole(size_t n) { return (n + tables[set]->lanes - 1) / tables[set]->lanes * tables[set]->lanes; }

/// Reads packed weights back, by pixels that each have one channel: y[depth][columns].
static float *read_back(size_t columns, size_t depth, const float *packed) {
    float *pixels = floats(depth * depth, 0, 0);
    for (size_t k = 0; k < depth; ++k) pixels[k * depth + k] = 1;
    const float *pointers[16];
    struct apus_indirect_task task = {
        .x = pixels, .height = 1, .width = (ptrdiff_t)depth, .x_stride = depth, .channels = depth,
        .output_width = depth, .kernel_height = 1, .kernel_width = 1, .stride_height = 1, .stride_width = 1,
        .dilation_height = 1, .dilation_width = 1, .table = pointers, .chunk = 16, .pixels = depth, .taps = 1,
        .columns = columns, .y_stride = columns, .low = -INFINITY, .high = INFINITY, .is_first = 1, .is_last = 1,
        .weights = packed, .y = room(columns * depth * sizeof(float))};
    tables[set]->f32_indirect(&task);
    return task.y;
}

/// One after the other: packed weights read back; packing times a factor.
static void weights(void) {
    for (size_t columns = 1; columns < 9 * tables[1]->lanes; columns += 1 + below(tables[1]->lanes)) {
        const size_t taps = 1 + below(10), channels = 1 + below(10), depth = taps * channels;
        examine(kernel_f32_indirect_pack, "columns=%zu channels=%zu taps=%zu", columns, channels, taps);
        const float *rows = floats(columns * depth, -1, 1), *factors = floats(depth, -2, 2);
        float *scaled = floats(columns * depth, 0, 0), *y[2];
        for (size_t i = 0; i < columns * depth; ++i) scaled[i] = factors[i % depth] * rows[i];
        set = 1;
        float *packed = room(whole(columns) * depth * sizeof(float));
        tables[1]->f32_indirect_pack(columns, channels, taps, rows, packed);
        y[1] = read_back(columns, depth, packed);
        set = 0;
        y[0] = room(columns * depth * sizeof(float));
        for (size_t i = 0; i < columns * depth; ++i) {
            const size_t k = i / columns, place = k % channels * taps + k / channels;
            y[0][i] = rows[i % columns * depth + place];
        }
        compare_floats(y, depth, columns, columns, 0);

        continue_with(kernel_f32_indirect_scale);
        set = 0;
        y[0] = room(0);
        set = 1;
        const size_t count = whole(columns) * depth;
        float *direct = room(count * sizeof(float)), *plain = room(count * sizeof(float));
        y[1] = room(count * sizeof(float));
        tables[1]->f32_indirect_pack(columns, depth, 1, rows, plain);
        tables[1]->f32_indirect_pack(columns, depth, 1, scaled, direct);
        tables[1]->f32_indirect_scale(columns, depth, factors, plain, y[1]);
        y[0] = direct;
        compare_floats(y, 1, count, count, 0);
    }
}

static float *units(size_t count) { return floats(count, -1, 1); }

/// Of floats, or of words of two bf16, which are neighbouring channels.
static void indirect(enum kernel kernel, bool is_paired) {
    float *(*const factors)(size_t) = is_paired ? pairs : units;
    for (int round = 0; round < 150; ++round) {
        examine(kernel, "round=%d", round);
        const struct window w = any_window();
        const size_t channels = 1 + below(9), x_stride = channels + below(3);
        const size_t outputs = w.output_height * w.output_width, taps = w.kernel_height * w.kernel_width;
        const size_t depth = taps * channels;
        const size_t columns = 1 + below(9 * tables[1]->lanes), y_stride = columns + below(3);
        const size_t residual = columns + below(3), chunk = 1 + below(30);
        const bool rounds = below(2), adds_bf16 = below(2);
        const size_t pixel = below(outputs), part = rounds ? taps : 1 + below(taps);
        const enum apus_curve curve = (enum apus_curve)below(3);
        examine_sizes("channels=%zu+%zu image=%zux%zu kernel=%zux%zu stride=%zu dilation=%zu pad=%zu,%zu "
                      "pixels=%zu+%zu columns=%zu chunk=%zu taps by %zu curve=%d rounds=%d",
                      channels, x_stride - channels,
                      w.height, w.width, w.kernel_height, w.kernel_width, w.stride_width, w.dilation_width, w.pad_top,
                      w.pad_left, pixel, outputs - pixel, columns, chunk, part, (int)curve, rounds);
        const float *rows = factors(columns * depth), *zeros = floats(channels, 0, 0);
        struct apus_indirect_task task = {
            .x = factors(reach(w.height * w.width, x_stride, channels)), .height = (ptrdiff_t)w.height,
            .width = (ptrdiff_t)w.width, .x_stride = x_stride, .channels = channels, .output_width = w.output_width,
            .kernel_height = w.kernel_height, .kernel_width = w.kernel_width,
            .stride_height = (ptrdiff_t)w.stride_height, .stride_width = (ptrdiff_t)w.stride_width,
            .dilation_height = (ptrdiff_t)w.dilation_height, .dilation_width = (ptrdiff_t)w.dilation_width,
            .pad_top = (ptrdiff_t)w.pad_top, .pad_left = (ptrdiff_t)w.pad_left, .zeros = zeros, .chunk = chunk,
            .ahead = below(2) * 512, .pixel = pixel, .pixels = outputs - pixel, .y_stride = y_stride,
            .residual_stride = residual, .bias = below(2) ? floats(columns, -1, 1) : 0,
            .residual = below(2) ? numbers(reach(outputs, residual, columns), adds_bf16) : 0,
            .y_is_bf16 = rounds, .residual_is_bf16 = adds_bf16,
            .low = below(2) ? -1 : -INFINITY, .high = below(2) ? 2 : INFINITY, .curve = curve};
        void *y[2];
        EACH_SET {
            apus_f32_indirect_fn *const run = is_paired ? tables[set]->bf16_indirect : tables[set]->f32_indirect;
            const size_t panel = 3 * tables[set]->lanes;
            float *packed = room(whole(columns) * depth * sizeof(float));
            tables[set]->f32_indirect_pack(columns, depth, 1, rows, packed);
            task.weights = packed;
            task.table = room(taps * chunk * sizeof(float *));
            y[set] = room(reach(outputs, y_stride, columns) * (rounds ? 2 : 4));
            task.y = y[set];
            // Columns of one panel first and then the rest, where the rest packs as it would by itself.
            const size_t cut = columns > 2 * panel ? panel : 0;
            for (size_t tap = 0; tap < taps; tap += part) {
                task.tap = tap;
                task.taps = taps - tap < part ? taps - tap : part;
                task.is_first = tap == 0;
                task.is_last = tap + part >= taps;
                task.column = 0;
                task.columns = cut;
                if (cut) run(&task);
                task.column = cut;
                task.columns = columns - cut;
                run(&task);
            }
            y[set] = (uint8_t *)y[set] + pixel * y_stride * (rounds ? 2 : 4);
        }
        compare_numbers(y, rounds, outputs - pixel, columns, y_stride, 4e-7f * (float)(depth + 16));
    }
}

/// Winograd's filtering by tiles of `side` x `side` output pixels.
struct winograd {
    enum kernel pack, input, output;
    size_t side;
    bool is_bf16;
};

static apus_f32_winograd_fn *winograd_kernel(struct winograd form, bool is_input) {
    const struct apus_kernel_table *table = tables[set];
    if (form.side == 2) {
        if (is_input) return form.is_bf16 ? table->bf16_winograd2_input : table->f32_winograd2_input;
        return form.is_bf16 ? table->bf16_winograd2_output : table->f32_winograd2_output;
    }
    if (is_input) return form.is_bf16 ? table->bf16_winograd4_input : table->f32_winograd4_input;
    return form.is_bf16 ? table->bf16_winograd4_output : table->f32_winograd4_output;
}

static void winograd_pack(struct winograd form) {
    const size_t positions = (form.side + 2) * (form.side + 2);
    for (int round = 0; round < 20; ++round) {
        const size_t columns = 1 + below(9 * tables[1]->lanes), channels = 1 + below(2 * tables[1]->lanes + 3);
        examine(form.pack, "side=%zu columns=%zu channels=%zu", form.side, columns, channels);
        const float *rows = floats(columns * channels * 9, -1, 1);
        float *y[2];
        EACH_SET {
            const size_t position = whole(columns) * channels;
            float *packed = room(positions * position * sizeof(float));
            (form.side == 2 ? tables[set]->f32_winograd2_pack : tables[set]->f32_winograd4_pack)(
                columns, channels, position, rows, packed);
            y[set] = room(positions * channels * columns * sizeof(float));
            for (size_t p = 0; p < positions; ++p) {
                memcpy(y[set] + p * channels * columns, read_back(columns, channels, packed + p * position),
                       channels * columns * sizeof(float));
            }
        }
        compare_floats(y, positions * channels, columns, columns, 1e-6f);
    }
}

static void winograd_input(struct winograd form) {
    const size_t positions = (form.side + 2) * (form.side + 2);
    for (int round = 0; round < 60; ++round) {
        const size_t height = 1 + below(14), width = 1 + below(14), top = below(3), left = below(3);
        const size_t channels = some(tables[1]->lanes), wide = 1 + below(3), all = wide * (1 + below(3));
        const size_t tile = below(all), tiles = all - tile, stride = tiles * channels + below(5);
        const bool rounds = form.is_bf16 && below(2);
        examine(form.input, "image=%zux%zu pad=%zu,%zu channels=%zu tiles=%zu+%zu of %zu", height, width, top, left,
                channels, tile, tiles, wide);
        struct apus_winograd_task task = {
            .x = numbers(height * width * channels, form.is_bf16), .height = (ptrdiff_t)height,
            .width = (ptrdiff_t)width, .v_is_bf16 = rounds,
            .pad_top = (ptrdiff_t)top, .pad_left = (ptrdiff_t)left, .channels = channels, .tiles_wide = wide,
            .tile = tile, .tiles = tiles, .stride = stride};
        void *v[2];
        EACH_SET {
            task.v = v[set] = room(reach(positions, stride, tiles * channels) * (rounds ? 2 : 4));
            winograd_kernel(form, true)(&task);
        }
        compare_numbers(v, rounds, positions, tiles * channels, stride, 2e-5f);
    }
}

static void winograd_output(struct winograd form) {
    const size_t positions = (form.side + 2) * (form.side + 2), side = form.side;
    for (int round = 0; round < 60; ++round) {
        const size_t height = 1 + below(10), width = 1 + below(10), columns = some(tables[1]->lanes);
        const size_t wide = (width + side - 1) / side, tiles = wide * ((height + side - 1) / side);
        const size_t stride = tiles * columns + below(5), y_stride = columns + (below(2) ? below(4) : 0);
        const bool rounds = below(2), adds_bf16 = below(2);
        examine(form.output, "outputs=%zux%zu columns=%zu stride=%zu round=%d rounds=%d", height, width, columns,
                y_stride, round, rounds);
        struct apus_winograd_task task = {
            .m = floats(reach(positions, stride, tiles * columns), -1, 1), .tiles_wide = wide, .tiles = tiles,
            .stride = stride, .columns = columns, .output_height = height, .output_width = width,
            .y_stride = y_stride, .bias = below(2) ? floats(columns, -1, 1) : 0,
            .residual = below(2) ? numbers(height * width * columns, adds_bf16) : 0,
            .y_is_bf16 = rounds, .residual_is_bf16 = adds_bf16, .low = below(2) ? -3 : -INFINITY,
            .high = below(2) ? 30 : INFINITY};
        const bool is_curved = below(2);
        void *y[2];
        EACH_SET {
            task.activation = is_curved ? tables[set]->f32_silu : 0;
            task.y = y[set] = room(reach(height * width, y_stride, columns) * (rounds ? 2 : 4));
            winograd_kernel(form, false)(&task);
        }
        compare_numbers(y, rounds, height * width, columns, y_stride, 1e-4f);
    }
}

static void winograd(struct winograd form) {
    if (!form.is_bf16) winograd_pack(form);
    winograd_input(form);
    winograd_output(form);
}

void sweep_convolutions(void) {
    patch();
    weights();
    indirect(kernel_f32_indirect, false);
    indirect(kernel_bf16_indirect, true);
    winograd((struct winograd){kernel_f32_winograd2_pack, kernel_f32_winograd2_input, kernel_f32_winograd2_output, 2,
                               false});
    winograd((struct winograd){kernel_f32_winograd4_pack, kernel_f32_winograd4_input, kernel_f32_winograd4_output, 4,
                               false});
    winograd((struct winograd){kernel_f32_winograd2_pack, kernel_bf16_winograd2_input, kernel_bf16_winograd2_output, 2,
                               true});
    winograd((struct winograd){kernel_f32_winograd4_pack, kernel_bf16_winograd4_input, kernel_bf16_winograd4_output, 4,
                               true});
}
