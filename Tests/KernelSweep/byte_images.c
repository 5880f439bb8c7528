// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Windows and means over images of bytes, and bytes one by one.

#include "sweep.h"

static const size_t kernels[][2] = {{3, 3}, {3, 3}, {1, 1}, {5, 5}, {2, 3}};

/// Weights, biases and scales of windows of three by three as the sets with dot products read them.
static const int8_t *make_codes(const struct apus_byte_window_task *t) {
    const size_t blocks = (t->channels + 63) / 64;
    int8_t *codes = (int8_t *)bytes(blocks * 20 * 64);
    memset(codes, 0, blocks * 20 * 64);
    for (size_t c = 0; c < t->channels; ++c) {
        // Vector j of a block holds channels 4 j ... 4 j + 3 of every 16.
        const size_t j = c % 16 / 4, lane = c % 64 / 16 * 4 + c % 4;
        int8_t *block = codes + c / 64 * 20 * 64 + j * 64 + lane * 4;
        for (size_t tap = 0; tap < 9; ++tap) {
            block[tap / 3 * 256 + tap % 3] = (int8_t)t->weights[tap * t->weight_stride + c];
        }
        memcpy(block + 12 * 64, t->bias + c, 4);
        memcpy(block + 16 * 64, t->scales + c, 4);
    }
    return codes;
}

static void window(enum kernel kernel, apus_u8_window_fn *scalar, apus_u8_window_fn *tested, bool is_weighed) {
    apus_u8_window_fn *const functions[2] = {scalar, tested};
    for (int round = 0; round < 150; ++round) {
        const size_t lanes = tables[1]->lanes, channels = is_weighed && below(3) ? some(lanes) : some(64);
        const size_t outputs = 1 + below(10), height = kernels[round % 5][0], width = kernels[round % 5][1];
        const size_t stride = 1 + below(3), dilation = 1 + below(2), padded = (channels + 15) / 16 * 16;
        const size_t line = ((outputs - 1) * stride + (width - 1) * dilation + 1) * channels, row = line + below(9);
        examine(kernel, "channels=%zu outputs=%zu kernel=%zux%zu stride=%zu dilation=%zu row=%zu", channels, outputs,
                height, width, stride, dilation, row);
        // Where channels do not fill vectors the images are copies with bytes to spare.
        const size_t slack = is_weighed && channels % lanes ? 64 : 0;
        const bool is_coded = height == 3 && width == 3 && below(2);
        const float most = is_coded ? 127 : 255;
        float *weights = floats(height * width * padded, -most, most);
        for (size_t i = 0; i < height * width * padded; ++i) weights[i] = floorf(weights[i]);
        const int32_t zero = (int32_t)below(256);
        struct apus_byte_window_task task = {
            .channels = channels, .outputs = outputs, .kernel_height = height, .kernel_width = width,
            .x = bytes(reach(height, row, line) + slack), .row_stride = row, .tap_stride = dilation * channels,
            .step = stride * channels, .weights = weights, .weight_stride = padded,
            .bias = integers(padded, -9999, 9999), .scales = floats(padded, 0.0001f, 0.002f), .zero_point = zero,
            .low = (float)below(9) - (float)zero, .high = 250 - (float)zero};
        if (is_coded) task.codes = make_codes(&task);
        uint8_t *y[2];
        EACH_SET {
            task.y = y[set] = room(outputs * channels);
            functions[set](&task);
        }
        compare_bytes(y, outputs, channels, channels);
    }
}

static void mean(void) {
    for (int round = 0; round < 80; ++round) {
        const size_t channels = near(tables[1]->lanes), places = 1 + below(30);
        const int32_t zero = (int32_t)below(256);
        examine(kernel_u8_mean, "channels=%zu places=%zu zero=%d", channels, places, zero);
        struct apus_byte_mean_task task = {.channels = channels, .places = places, .x = bytes(channels * places),
                                           .offset = (int32_t)(places * below(256)), .zero_point = zero,
                                           .factor = uniform(0.5f, 2) / (float)places};
        uint8_t *y[2];
        EACH_SET {
            task.sums = room(channels * sizeof(int32_t));
            task.y = y[set] = room(channels);
            tables[set]->u8_mean(&task);
        }
        compare_bytes(y, 1, channels, channels);
    }
}

static void sum(enum kernel kernel, apus_u8_sum_fn *scalar, apus_u8_sum_fn *tested, float least) {
    apus_u8_sum_fn *const functions[2] = {scalar, tested};
    for (size_t n = 0; n <= 3 * tables[1]->lanes + 2; ++n) {
        const struct apus_byte_sum numbers = {uniform(0.1f, 1), uniform(0.1f, 1), uniform(-30, 30), least + 3,
                                              least + 250};
        examine(kernel, "n=%zu left=%g right=%g fixed=%g", n, (double)numbers.left, (double)numbers.right,
                (double)numbers.fixed);
        const uint8_t *a = bytes(n), *b = bytes(n);
        uint8_t *y[2];
        EACH_SET {
            y[set] = room(n);
            functions[set](n, a, b, &numbers, y[set]);
        }
        compare_bytes(y, 1, n, n);
    }
}

static void table(void) {
    for (size_t n = 0; n < 80; ++n) {
        examine(kernel_u8_table, "n=%zu", n);
        const uint8_t *x = bytes(n), *values = bytes(256);
        uint8_t *y[2];
        EACH_SET {
            y[set] = room(n);
            tables[set]->u8_table(n, x, values, y[set]);
        }
        compare_bytes(y, 1, n, n);
    }
}

static void turn(void) {
    for (int round = 0; round < 150; ++round) {
        const size_t channels = 1 + below(6), places = near(16), plane = places + below(3);
        const size_t step = channels < 4 && below(2) ? 4 : channels + below(3);
        const uint8_t flip = below(2) ? 0x80 : 0;
        examine(kernel_u8_gather_channels, "channels=%zu places=%zu plane=%zu step=%zu flip=%d", channels, places,
                plane, step, flip);
        struct apus_byte_turn_task task = {.channels = channels, .places = places, .plane = plane, .step = step,
                                           .flip = flip, .x = bytes(reach(channels, plane, places))};
        uint8_t *y[2];
        EACH_SET {
            task.y = y[set] = room(places * step);
            tables[set]->u8_gather_channels(&task);
            // Channels beyond the last are undefined.
            for (size_t p = 0; p < places; ++p) memset(y[set] + p * step + channels, 0, step - channels);
        }
        compare_bytes(y, places, step, step);
        continue_with(kernel_u8_scatter_channels);
        task.x = bytes(places ? (places - 1) * step + channels : 0);
        EACH_SET {
            task.y = y[set] = room(reach(channels, plane, places));
            tables[set]->u8_scatter_channels(&task);
        }
        compare_bytes(y, channels, places, plane);
    }
}

#define BOTH(name) kernel_##name, tables[0]->name, tables[1]->name

void sweep_byte_images(void) {
    window(BOTH(u8_depthwise), true);
    window(BOTH(u8_maximum_window), false);
    mean();
    sum(BOTH(u8_sum), 0);
    sum(BOTH(s8_sum), -128);
    table();
    turn();
}
