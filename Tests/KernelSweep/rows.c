// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Functions of rows, and cells of recurrent nets.

#include "sweep.h"

static void reduce(enum kernel kernel, apus_f32_reduce_fn *scalar, apus_f32_reduce_fn *tested) {
    apus_f32_reduce_fn *const functions[2] = {scalar, tested};
    for (int round = 0; round < 60; ++round) {
        const size_t rows = below(4), columns = some(4 * tables[1]->lanes), stride = columns + below(3);
        examine(kernel, "rows=%zu columns=%zu stride=%zu", rows, columns, stride);
        float *x = floats(reach(rows, stride, columns), -3, 3), *y[2];
        if (rows > 0 && round % 8 == 0) x[below(columns)] = round % 16 ? NAN : INFINITY;
        EACH_SET {
            y[set] = room(rows * sizeof(float));
            functions[set](rows, columns, x, stride, y[set]);
        }
        compare_floats(y, 1, rows, rows, 1e-6f * (float)columns);
    }
}

static void softmax(void) {
    for (int round = 0; round < 100; ++round) {
        const size_t rows = below(4), columns = some(4 * tables[1]->lanes);
        const int logarithm = round % 2;
        examine(kernel_f32_softmax, "rows=%zu columns=%zu logarithm=%d", rows, columns, logarithm);
        float *x = floats(rows * columns, -20, 20), *y[2];
        if (rows > 0 && round % 5 == 0) x[below(columns)] = round % 10 ? NAN : -INFINITY;
        EACH_SET {
            y[set] = room(rows * columns * sizeof(float));
            tables[set]->f32_softmax(rows, columns, x, y[set], logarithm);
        }
        compare_floats(y, rows, columns, columns, 1e-6f);
    }
}

static void softmax_columns(void) {
    for (int round = 0; round < 100; ++round) {
        const size_t rows = 1 + below(20), columns = below(4 * tables[1]->lanes), stride = columns + below(9);
        const int logarithm = round % 2;
        examine(kernel_f32_softmax_columns, "rows=%zu columns=%zu stride=%zu", rows, columns, stride);
        const size_t count = columns > 0 ? (rows - 1) * stride + columns : 0;
        float *x = floats(count, -20, 20), *y[2];
        if (count > 0 && round % 5 == 0) x[below(columns)] = round % 10 ? NAN : -INFINITY;
        EACH_SET {
            y[set] = room(count * sizeof(float));
            tables[set]->f32_softmax_columns(rows, columns, stride, x, y[set], logarithm);
        }
        compare_floats(y, columns > 0 ? rows : 0, columns, stride, 1e-6f);
    }
}

static void normalization(void) {
    for (int round = 0; round < 128; ++round) {
        const size_t rows = below(4), columns = some(4 * tables[1]->lanes), count = rows * columns;
        examine(kernel_f32_normalization, "rows=%zu columns=%zu parts=%x", rows, columns, (unsigned)round);
        struct apus_normalization_task task = {
            .rows = rows, .columns = columns, .x = floats(count, -2, 3), .epsilon = 1e-3f,
            .is_centred = round & 1, .residual = round & 2 ? floats(count, -1, 1) : 0,
            .scale = round & 4 ? floats(columns, -2, 2) : 0, .bias = round & 8 ? floats(columns, -1, 1) : 0};
        float *y[2], *sums[2], *means[2], *deviations[2];
        EACH_SET {
            task.y = y[set] = room(count * sizeof(float));
            task.sum = sums[set] = round & 16 ? room(count * sizeof(float)) : 0;
            task.means = means[set] = round & 32 ? room(rows * sizeof(float)) : 0;
            task.deviations = deviations[set] = round & 64 ? room(rows * sizeof(float)) : 0;
            tables[set]->f32_normalization(&task);
        }
        // A row of one number has no deviation but what rounding makes.
        compare_floats(y, rows, columns, columns, 2e-5f);
        if (round & 16) compare_floats(sums, rows, columns, columns, 0);
        if (round & 32) compare_floats(means, 1, rows, rows, 1e-6f);
        if (round & 64) compare_floats(deviations, 1, rows, rows, 2e-5f);
    }
}

static void lstm(void) {
    for (int round = 0; round < 60; ++round) {
        const size_t count = near(tables[1]->lanes), hidden = count + below(5);
        examine(kernel_f32_lstm_cell, "hidden=%zu count=%zu peepholes=%d", hidden, count, round % 2);
        const float *old = floats(count, -2, 2);
        struct apus_lstm_task task = {.hidden = hidden, .count = count,
                                      .gates = floats(reach(4, hidden, count), -4, 4),
                                      .peepholes = round % 2 ? floats(reach(3, hidden, count), -1, 1) : 0};
        float *cells[2], *outputs[2];
        EACH_SET {
            task.cell = cells[set] = room(count * sizeof(float));
            task.output = outputs[set] = room(count * sizeof(float));
            memcpy(task.cell, old, count * sizeof(float));
            tables[set]->f32_lstm_cell(&task);
        }
        compare_floats(cells, 1, count, count, 1e-6f);
        compare_floats(outputs, 1, count, count, 1e-6f);
    }
}

static void gru(void) {
    for (int round = 0; round < 60; ++round) {
        const size_t count = near(tables[1]->lanes), hidden = count + below(5);
        examine(kernel_f32_gru_cell, "hidden=%zu count=%zu in_place=%d", hidden, count, round % 2);
        const float *last = floats(count, -2, 2);
        struct apus_gru_task task = {.hidden = hidden, .count = count, .last = last,
                                     .input_gates = floats(reach(3, hidden, count), -4, 4),
                                     .hidden_gates = floats(reach(3, hidden, count), -4, 4)};
        float *states[2];
        EACH_SET {
            task.state = states[set] = room(count * sizeof(float));
            if (round % 2) {
                memcpy(task.state, last, count * sizeof(float));
                task.last = task.state;
            }
            tables[set]->f32_gru_cell(&task);
        }
        compare_floats(states, 1, count, count, 1e-6f);
    }
}

#define REDUCE(name) reduce(kernel_f32_##name, tables[0]->f32_##name, tables[1]->f32_##name);

void sweep_rows(void) {
    REDUCE(row_sum)
    REDUCE(row_maximum)
    REDUCE(row_minimum)
    REDUCE(row_sum_of_squares)
    softmax();
    softmax_columns();
    normalization();
    lstm();
    gru();
}
