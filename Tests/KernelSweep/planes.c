// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Windows over padded copies of single planes.

#include "sweep.h"

static const size_t kernels[][2] = {{3, 3}, {5, 5}, {1, 1}, {2, 3}, {3, 1}, {1, 4}, {6, 6}};

static size_t plane_height(const struct window *w) {
    return (w->output_height - 1) * w->stride_height + (w->kernel_height - 1) * w->dilation_height + 1;
}

/// As wide as the running set's kernels want it.
static size_t plane_width(const struct window *w) {
    const size_t lanes = tables[set]->lanes;
    return (w->output_width + lanes - 1) / lanes * lanes + (w->kernel_width - 1) * w->dilation_width / w->stride_width +
           1;
}

static const float *make_plane(const struct window *w, const float *x, float fill) {
    const size_t height = plane_height(w), width = plane_width(w);
    const struct apus_plane_task task = {
        .x = x, .height = w->height, .width = w->width, .pad_top = w->pad_top, .pad_left = w->pad_left,
        .phases = w->stride_width, .out_height = height, .out_width = width, .fill = fill,
        .out = room(w->stride_width * height * width * sizeof(float))};
    tables[set]->f32_plane(&task);
    return task.out;
}

static void describe(enum kernel kernel, const struct window *w, int options) {
    examine(kernel, "image=%zux%zu kernel=%zux%zu stride=%zu dilation=%zu pad=%zu,%zu outputs=%zux%zu options=%x",
            w->height, w->width, w->kernel_height, w->kernel_width, w->stride_width, w->dilation_width, w->pad_top,
            w->pad_left, w->output_height, w->output_width, (unsigned)options);
}

static struct window any_window(int round) {
    const size_t *taps = kernels[round % 7];
    return make_window(taps[0], taps[1], 1 + (size_t)round / 7 % 4, below(3) ? 1 : 2);
}

static void plane(void) {
    for (int round = 0; round < 168; ++round) {
        const struct window w = any_window(round);
        describe(kernel_f32_plane, &w, 0);
        const float *x = floats(w.height * w.width, -1, 1);
        set = 1;
        const size_t height = plane_height(&w), width = plane_width(&w), planes = w.stride_width;
        struct apus_plane_task task = {
            .x = x, .height = w.height, .width = w.width, .pad_top = w.pad_top, .pad_left = w.pad_left,
            .phases = planes, .out_height = height, .out_width = width, .fill = -7};
        float *y[2];
        EACH_SET {
            task.out = y[set] = room(planes * height * width * sizeof(float));
            tables[set]->f32_plane(&task);
        }
        compare_floats(y, planes * height, width, width, 0);
    }
}

static void windows(enum kernel kernel, apus_f32_pool_fn *scalar, apus_f32_pool_fn *tested, float fill) {
    apus_f32_pool_fn *const functions[2] = {scalar, tested};
    for (int round = 0; round < 168; ++round) {
        const struct window w = any_window(round);
        const int options = (int)below(8);
        describe(kernel, &w, options);
        const size_t outputs = w.output_height * w.output_width, taps = w.kernel_height * w.kernel_width;
        float *x = floats(w.height * w.width, -1, 1);
        if (round % 8 == 0) x[below(w.height * w.width)] = NAN;
        struct apus_window_task task = {
            .phases = w.stride_width, .plane_height = plane_height(&w), .kernel_height = w.kernel_height,
            .kernel_width = w.kernel_width, .stride_height = w.stride_height, .dilation_height = w.dilation_height,
            .dilation_width = w.dilation_width, .output_height = w.output_height, .output_width = w.output_width,
            .weights = floats(taps, -1, 1), .scale = options & 1 ? 0.5f : 1, .bias = 0.25f,
            .low = options & 2 ? 0 : -INFINITY, .high = options & 2 ? 1 : INFINITY,
            .residual = options & 4 ? floats(outputs, -1, 1) : 0, .row_factors = floats(w.output_height, 0, 1),
            .column_factors = floats(w.output_width, 0, 1)};
        float *y[2];
        EACH_SET {
            task.x = make_plane(&w, x, fill);
            task.plane_width = plane_width(&w);
            task.y = y[set] = room(outputs * sizeof(float));
            functions[set](&task);
        }
        compare_floats(y, w.output_height, w.output_width, w.output_width, 1e-5f);
    }
}

void sweep_planes(void) {
    plane();
    windows(kernel_f32_depthwise, tables[0]->f32_depthwise, tables[1]->f32_depthwise, 0);
    windows(kernel_f32_max_pool, tables[0]->f32_max_pool, tables[1]->f32_max_pool, -INFINITY);
    windows(kernel_f32_average_pool, tables[0]->f32_average_pool, tables[1]->f32_average_pool, 0);
}
