// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Rows of bytes, read where they lie, times panels: stored as bytes, floats and integers.

#include "sweep.h"

/// What `make_task` chooses and both sets share.
struct rows {
    size_t k, padded;
    const uint8_t *b;
    const int32_t *bias;
    const float *scales, *offsets;
    struct apus_byte_rows_task task;
};

static struct rows make_rows(void) {
    const size_t widest = larger(tables[0]->i8_gemm_columns, tables[1]->i8_gemm_columns);
    const size_t m = near(tables[1]->i8_gemm_rows), n = near(tables[1]->i8_gemm_columns), groups = below(12);
    const size_t segments = 1 + below(3), a_stride = 1 + below(4 * groups + 8), apart = 4 * groups + below(9);
    struct rows r = {.k = segments * groups * 4, .padded = (n + widest - 1) / widest * widest};
    r.b = bytes(r.k * n);
    r.bias = integers(r.padded, -9999, 9999);
    r.scales = floats(r.padded, 0.0005f, 0.01f);
    r.offsets = floats(r.padded, -1, 1);
    r.task = (struct apus_byte_rows_task){
        .m = m, .n = n, .groups = groups, .segments = segments, .segment_stride = apart, .a_stride = a_stride,
        .a = bytes(m ? (m - 1) * a_stride + (segments - 1) * apart + 4 * groups : 0), .bias = r.bias,
        .scales = r.scales, .offsets = r.offsets, .y_stride = n + below(4)};
    return r;
}

static void describe(enum kernel kernel, const struct rows *r, int round) {
    const struct apus_byte_rows_task *t = &r->task;
    continue_with(kernel);
    examine_sizes("m=%zu n=%zu groups=%zu segments=%zu by %zu rows by %zu y_stride=%zu residual=%d round=%d", t->m,
                  t->n, t->groups, t->segments, t->segment_stride, t->a_stride, t->y_stride, t->residual != 0, round);
}

static void set_panels(struct rows *r) {
    const size_t width = tables[set]->i8_gemm_columns;
    r->task.b = byte_panels(r->b, r->task.n, r->k, 1, r->task.n, width, true, 0);
    r->task.b_panel_stride = width * r->k;
}

static void as_bytes(int round) {
    examine(kernel_u8s8_rows, "round=%d", round);
    struct rows r = make_rows();
    struct apus_byte_rows_task *t = &r.task;
    t->zero_point = (int32_t)below(256);
    t->low = (float)below(10) - (float)t->zero_point;
    t->high = 255 - (float)below(10) - (float)t->zero_point;
    if (below(2)) {
        t->residual_stride = t->n + below(3);
        t->residual = bytes(reach(t->m, t->residual_stride, t->n));
        t->is_residual_left = (int)below(2);
        t->sum = (struct apus_byte_sum){uniform(0.2f, 1), uniform(0.2f, 1), uniform(-20, 20), (float)below(5), 250};
    }
    describe(kernel_u8s8_rows, &r, round);
    uint8_t *y[2];
    EACH_SET {
        set_panels(&r);
        t->y = y[set] = room(reach(t->m, t->y_stride, t->n));
        tables[set]->u8s8_rows(t);
    }
    compare_bytes(y, t->m, t->n, t->y_stride);
}

static void as_numbers(int round) {
    examine(kernel_u8s8_integer_rows, "round=%d", round);
    struct rows r = make_rows();
    struct apus_byte_rows_task *t = &r.task;
    describe(kernel_u8s8_integer_rows, &r, round);
    int32_t *words[2];
    float *y[2];
    EACH_SET {
        set_panels(&r);
        t->y = words[set] = room(reach(t->m, t->y_stride, t->n) * sizeof(int32_t));
        t->scales = 0;
        tables[set]->u8s8_integer_rows(t);
    }
    compare_integers(words, t->m, t->n, t->y_stride);
    describe(kernel_u8s8_float_rows, &r, round);
    EACH_SET {
        set_panels(&r);
        t->y = y[set] = room(reach(t->m, t->y_stride, t->n) * sizeof(float));
        t->scales = r.scales;
        tables[set]->u8s8_float_rows(t);
    }
    compare_floats(y, t->m, t->n, t->y_stride, 1e-5f);
}

void sweep_byte_rows(void) {
    for (int round = 0; round < 250; ++round) {
        as_bytes(round);
        as_numbers(round);
    }
}
