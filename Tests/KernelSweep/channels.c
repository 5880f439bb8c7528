// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Windows over images with channels last, each channel by itself.

#include "sweep.h"

static const size_t kernels[][2] = {{3, 3}, {5, 5}, {7, 7}, {1, 1}, {2, 3}, {5, 3}, {9, 9}};

static size_t weight_stride(size_t channels) {
    const size_t lanes = tables[set]->lanes;
    return (channels + lanes - 1) / lanes * lanes;
}

static void channels(enum kernel kernel, apus_f32_channels_fn *scalar, apus_f32_channels_fn *tested, bool is_weighed,
                     bool is_bf16) {
    apus_f32_channels_fn *const functions[2] = {scalar, tested};
    for (int round = 0; round < 126; ++round) {
        examine(kernel, "round=%d", round);
        const size_t *taps = kernels[round % 7];
        const struct window w = make_window(taps[0], taps[1], 1 + (size_t)round / 7 % 3, below(3) ? 1 : 2);
        const size_t channels = some(tables[1]->lanes), x_stride = channels + below(3), y_stride = channels + below(3);
        const size_t residual = channels + below(3), outputs = w.output_height * w.output_width;
        const size_t row = below(w.output_height), rows = w.output_height - row;
        const size_t count = w.kernel_height * w.kernel_width;
        const enum apus_curve curve = (enum apus_curve)below(3);
        const bool rounds = below(2), adds_bf16 = below(2);
        examine_sizes("channels=%zu image=%zux%zu kernel=%zux%zu stride=%zu dilation=%zu pad=%zu,%zu "
                      "rows=%zu+%zu of %zu curve=%d rounds=%d",
                      channels, w.height, w.width, w.kernel_height, w.kernel_width,
                      w.stride_width, w.dilation_width, w.pad_top, w.pad_left, row, rows, w.output_width, (int)curve,
                      rounds);
        void *x = numbers(reach(w.height * w.width, x_stride, channels), is_bf16);
        if (!is_weighed && round % 8 == 0) {
            const size_t place = below(channels);
            if (is_bf16) {
                ((uint16_t *)x)[place] = 0x7fc0;
            } else {
                ((float *)x)[place] = NAN;
            }
        }
        const float *weights = floats(count * channels, -1, 1);
        struct apus_channel_task task = {
            .x = x, .channels = channels, .x_stride = x_stride, .height = (ptrdiff_t)w.height,
            .width = (ptrdiff_t)w.width, .output_width = (ptrdiff_t)w.output_width,
            .kernel_height = (ptrdiff_t)w.kernel_height, .kernel_width = (ptrdiff_t)w.kernel_width,
            .stride_height = (ptrdiff_t)w.stride_height, .stride_width = (ptrdiff_t)w.stride_width,
            .dilation_height = (ptrdiff_t)w.dilation_height, .dilation_width = (ptrdiff_t)w.dilation_width,
            .pad_top = (ptrdiff_t)w.pad_top, .pad_left = (ptrdiff_t)w.pad_left, .row = row, .rows = rows,
            .bias = below(2) ? floats(channels, -1, 1) : 0,
            .residual = below(2) ? numbers(reach(outputs, residual, channels), adds_bf16) : 0,
            .y_is_bf16 = rounds, .residual_is_bf16 = adds_bf16,
            .zeros = floats(channels, 0, 0), .residual_stride = residual, .y_stride = y_stride,
            .low = below(2) ? -1 : -INFINITY, .high = below(2) ? 2 : INFINITY, .curve = curve};
        if (!is_weighed && below(2)) {
            task.row_factors = floats(w.output_height, 0, 1);
            task.column_factors = floats(w.output_width, 0, 1);
        }
        void *y[2];
        EACH_SET {
            const size_t stride = task.weight_stride = weight_stride(channels);
            float *packed = room(count * stride * sizeof(float));
            memset(packed, 0, count * stride * sizeof(float));
            for (size_t tap = 0; tap < count; ++tap) {
                memcpy(packed + tap * stride, weights + tap * channels, channels * sizeof(float));
            }
            task.weights = packed;
            task.y = y[set] = room(reach(outputs, y_stride, channels) * (rounds ? 2 : 4));
            functions[set](&task);
            y[set] = (uint8_t *)y[set] + row * w.output_width * y_stride * (rounds ? 2 : 4);
        }
        compare_numbers(y, rounds, rows * w.output_width, channels, y_stride, 2e-5f);
    }
}

#define BOTH(name) kernel_##name, tables[0]->name, tables[1]->name

void sweep_channels(void) {
    channels(BOTH(f32_channel_depthwise), true, false);
    channels(BOTH(f32_channel_max_pool), false, false);
    channels(BOTH(f32_channel_average_pool), false, false);
    channels(BOTH(bf16_channel_depthwise), true, true);
    channels(BOTH(bf16_channel_max_pool), false, true);
    channels(BOTH(bf16_channel_average_pool), false, true);
}
