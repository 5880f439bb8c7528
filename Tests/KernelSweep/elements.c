// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Functions of one float and of two.

#include "sweep.h"

static const float specials[] = {
    0,     -0.0f,  1,    -1,   INFINITY, -INFINITY, NAN,   1e-40f, -1e-40f, 3e38f,  -3e38f,  88.5f,
    -103,  0.5f,   1.5f, 2.5f, -0.5f,    4095,      4097,  1e6f,   0.625f,  -0.92f, 0x1p23f, 8388609};
enum { special_count = sizeof specials / sizeof specials[0] };

static void unary(enum kernel kernel, apus_f32_unary_fn *scalar, apus_f32_unary_fn *tested, float alpha, float beta) {
    apus_f32_unary_fn *const functions[2] = {scalar, tested};
    for (size_t n = 0; n <= 3 * tables[1]->lanes + 2 || n == special_count; ++n) {
        const bool is_special = n == special_count || below(4) == 0;
        examine(kernel, "n=%zu%s alpha=%g beta=%g", n, is_special ? " special" : "", (double)alpha, (double)beta);
        float *x = floats(n, -6, 6), *y[2];
        for (size_t i = 0; is_special && i < n; ++i) {
            x[i] = specials[n == special_count ? i : below(special_count)];
        }
        EACH_SET {
            y[set] = room(n * sizeof(float));
            functions[set](n, x, y[set], alpha, beta);
        }
        compare_floats(y, 1, n, n, 1e-6f);
    }
}

static void binary(enum kernel kernel, apus_f32_binary_fn *scalar, apus_f32_binary_fn *tested, size_t a_step,
                   size_t b_step) {
    apus_f32_binary_fn *const functions[2] = {scalar, tested};
    for (size_t n = 0; n <= 3 * tables[1]->lanes + 2; ++n) {
        const bool is_special = below(4) == 0;
        examine(kernel, "n=%zu%s", n, is_special ? " special" : "");
        float *a = floats(a_step ? n : 1, -6, 6), *b = floats(b_step ? n : 1, -6, 6), *y[2];
        for (size_t i = 0; is_special && i < n; ++i) {
            a[i * a_step] = specials[below(special_count)];
            b[i * b_step] = specials[below(special_count)];
        }
        EACH_SET {
            y[set] = room(n * sizeof(float));
            functions[set](n, a, b, y[set]);
        }
        compare_floats(y, 1, n, n, 0);
    }
}

#define UNARY(name, alpha, beta) unary(kernel_f32_##name, tables[0]->f32_##name, tables[1]->f32_##name, alpha, beta);

#define BINARY(name)                                                                                                   \
    binary(kernel_f32_##name, tables[0]->f32_##name, tables[1]->f32_##name, 1, 1);                                     \
    binary(kernel_f32_##name##_scalar_right, tables[0]->f32_##name##_scalar_right,                                     \
           tables[1]->f32_##name##_scalar_right, 1, 0);                                                                \
    binary(kernel_f32_##name##_scalar_left, tables[0]->f32_##name##_scalar_left,                                       \
           tables[1]->f32_##name##_scalar_left, 0, 1);

void sweep_elements(void) {
    UNARY(absolute, 0, 0)
    UNARY(negative, 0, 0)
    UNARY(floor, 0, 0)
    UNARY(ceiling, 0, 0)
    UNARY(round, 0, 0)
    UNARY(square_root, 0, 0)
    UNARY(reciprocal, 0, 0)
    UNARY(reciprocal_square_root, 0, 0)
    UNARY(square, 0, 0)
    UNARY(exponential, 0, 0)
    UNARY(logarithm, 0, 0)
    UNARY(sine, 0, 0)
    UNARY(cosine, 0, 0)
    UNARY(error_function, 0, 0)
    UNARY(tanh, 0, 0)
    UNARY(sigmoid, 0, 0)
    UNARY(silu, 0, 0)
    UNARY(gelu_erf, 0, 0)
    UNARY(gelu_tanh, 0, 0)
    UNARY(relu, 0, 0)
    UNARY(clip, -1.5f, 2)
    UNARY(leaky_relu, 0.1f, 0)
    UNARY(elu, 1.25f, 0)
    UNARY(hard_swish, 0, 0)
    UNARY(hard_sigmoid, 0.2f, 0.5f)
    UNARY(softplus, 0, 0)
    BINARY(add)
    BINARY(subtract)
    BINARY(multiply)
    BINARY(divide)
    BINARY(maximum)
    BINARY(minimum)
    BINARY(power)
}
