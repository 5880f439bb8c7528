// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Half floats of all patterns, floats of many, and quantised bytes.

#include "sweep.h"

static void widen(enum kernel kernel, apus_f16_widen_fn *scalar, apus_f16_widen_fn *tested) {
    apus_f16_widen_fn *const functions[2] = {scalar, tested};
    for (size_t n = 0; n <= 65536; n = n < 3 * tables[1]->lanes + 1 || n == 65536 ? n + 1 : 65536) {
        examine(kernel, "n=%zu", n);
        uint16_t *x = (uint16_t *)bytes(2 * n);
        for (size_t i = 0; n == 65536 && i < n; ++i) x[i] = (uint16_t)i;
        int32_t *y[2];
        EACH_SET {
            y[set] = room(n * sizeof(float));
            functions[set](n, x, (float *)y[set]);
        }
        compare_integers(y, 1, n, n);
    }
}

/// Where numbers below the least normal one may become zero, there are none.
static void narrow(enum kernel kernel, apus_f16_narrow_fn *scalar, apus_f16_narrow_fn *tested, bool flushes) {
    apus_f16_narrow_fn *const functions[2] = {scalar, tested};
    for (size_t n = 0; n <= 40000; n = n < 3 * tables[1]->lanes + 1 || n == 40000 ? n + 1 : 40000) {
        examine(kernel, "n=%zu", n);
        // All bit patterns are floats, and many of the others lie between two half floats.
        uint8_t *patterns = bytes(4 * n);
        for (size_t i = 0; i < n; ++i) {
            const float x = below(2) ? uniform(-70000, 70000) : uniform(-1e-4f, 1e-4f) * uniform(0, 1);
            if (below(2)) memcpy(patterns + 4 * i, &x, 4);
            if (below(4) == 0) memset(patterns + 4 * i, 0, 1 + below(2));
            float number;
            memcpy(&number, patterns + 4 * i, 4);
            if (flushes && fabsf(number) < 2e-38f) memset(patterns + 4 * i, 0, 4);
        }
        uint16_t *y[2];
        EACH_SET {
            y[set] = room(2 * n);
            functions[set](n, (const float *)patterns, y[set]);
        }
        compare_halves(y, n);
    }
}

static void pair(void) {
    for (size_t n = 0; n <= 3 * tables[1]->lanes + 2; ++n) {
        const bool is_alone = below(2);
        examine(kernel_bf16_pair, "n=%zu alone=%d", n, is_alone);
        const float *a = floats(n, -9, 9), *b = is_alone ? 0 : floats(n, -9, 9);
        int32_t *y[2];
        EACH_SET {
            y[set] = room(n * sizeof(float));
            tables[set]->bf16_pair(n, a, b, (float *)y[set]);
        }
        compare_integers(y, 1, n, n);
    }
}

static void halves(void) {
    for (size_t n = 0; n <= 3 * tables[1]->lanes + 2; ++n) {
        examine(kernel_bf16_sum, "n=%zu", n);
        const uint16_t *a = numbers(n, true), *b = numbers(n, true);
        const float *factors = floats(n, -2, 2);
        void *y[2];
        EACH_SET {
            y[set] = room(n * sizeof(uint16_t));
            tables[set]->bf16_sum(n, a, b, y[set]);
        }
        compare_numbers(y, true, 1, n, n, 1e-30f);
        continue_with(kernel_bf16_scale);
        EACH_SET {
            y[set] = room(n * sizeof(uint16_t));
            tables[set]->bf16_scale(n, a, factors, y[set]);
        }
        compare_numbers(y, true, 1, n, n, 1e-30f);
    }
}

static void quantize(enum kernel kernel, apus_u8_quantize_fn *scalar, apus_u8_quantize_fn *tested, float least) {
    apus_u8_quantize_fn *const functions[2] = {scalar, tested};
    for (size_t n = 0; n <= 3 * tables[1]->lanes + 2; ++n) {
        const float zero = least + (float)below(256), low = least + (float)below(20), high = least + 250;
        examine(kernel, "n=%zu zero=%g low=%g high=%g", n, (double)zero, (double)low, (double)high);
        float *x = floats(n, -40, 40);
        if (n > 0) x[below(n)] = below(2) ? INFINITY : -3e38f;
        for (size_t i = 0; i < n; ++i) {
            if (below(4) == 0) x[i] = (float)below(64) * 0.125f;
        }
        uint8_t *y[2];
        EACH_SET {
            y[set] = room(n);
            functions[set](n, x, 0.25f, zero, low, high, y[set]);
        }
        compare_bytes(y, 1, n, n);
    }
}

static void dequantize(enum kernel kernel, apus_u8_dequantize_fn *scalar, apus_u8_dequantize_fn *tested) {
    apus_u8_dequantize_fn *const functions[2] = {scalar, tested};
    for (size_t n = 0; n <= 3 * tables[1]->lanes + 2; ++n) {
        const float scale = uniform(0.001f, 2), zero = (float)below(120);
        examine(kernel, "n=%zu scale=%g zero=%g", n, (double)scale, (double)zero);
        const uint8_t *x = bytes(n);
        float *y[2];
        EACH_SET {
            y[set] = room(n * sizeof(float));
            functions[set](n, x, scale, zero, y[set]);
        }
        compare_floats(y, 1, n, n, 0);
    }
}

#define BOTH(name) kernel_##name, tables[0]->name, tables[1]->name

void sweep_conversions(void) {
    widen(BOTH(f16_widen));
    narrow(BOTH(f16_narrow), false);
    widen(BOTH(bf16_widen));
    narrow(BOTH(bf16_narrow), false);
    narrow(BOTH(bf16_round), true);
    pair();
    halves();
    quantize(BOTH(u8_quantize), 0);
    quantize(BOTH(s8_quantize), -128);
    dequantize(BOTH(u8_dequantize));
    dequantize(BOTH(s8_dequantize));
}
