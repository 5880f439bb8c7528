// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// The vocabulary of kernel bodies for four floats at a time.

#ifndef APUS_SIMD_NEON_H
#define APUS_SIMD_NEON_H

#include "common.h"

#define VL 4
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef vi vm;

V_INLINE vf v_set(float x) { return (vf){x, x, x, x}; }
V_INLINE vi vi_set(int32_t x) { return (vi){x, x, x, x}; }
V_INLINE vf v_load(const float *p) {
    vf x;
    memcpy(&x, p, 16);
    return x;
}
V_INLINE void v_store(float *p, vf x) { memcpy(p, &x, 16); }
V_INLINE vf v_load_n(const float *p, size_t n) {
    vf x = v_set(0);
    memcpy(&x, p, 4 * (n < 4 ? n : 4));
    return x;
}
V_INLINE void v_store_n(float *p, vf x, size_t n) { memcpy(p, &x, 4 * (n < 4 ? n : 4)); }
V_INLINE vi vi_load(const int32_t *p) {
    vi x;
    memcpy(&x, p, 16);
    return x;
}
V_INLINE void vi_store(int32_t *p, vi x) { memcpy(p, &x, 16); }
V_INLINE void vi_store_n(int32_t *p, vi x, size_t n) { memcpy(p, &x, 4 * (n < 4 ? n : 4)); }
V_INLINE vi vi_load_n(const int32_t *p, size_t n) {
    vi x = vi_set(0);
    memcpy(&x, p, 4 * (n < 4 ? n : 4));
    return x;
}
V_INLINE vf v_fma(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
V_INLINE vf v_fma_exact(vf a, vf b, vf c) { return v_fma(a, b, c); }
V_INLINE vm v_lt(vf a, vf b) { return a < b; }
V_INLINE vm v_gt(vf a, vf b) { return a > b; }
V_INLINE vm v_eq(vf a, vf b) { return a == b; }
V_INLINE vm v_nan(vf a) { return a != a; }
V_INLINE vm vi_ge(vi a, vi b) { return a >= b; }
V_INLINE vm vi_eq(vi a, vi b) { return a == b; }
V_INLINE int vm_any(vm m) { return (m[0] | m[1] | m[2] | m[3]) != 0; }
V_INLINE vf v_select(vm m, vf yes, vf no) { return (vf)((m & (vi)yes) | (~m & (vi)no)); }
V_INLINE vf v_max(vf a, vf b) { return v_select(a > b, a, b); }
V_INLINE vf v_min(vf a, vf b) { return v_select(a < b, a, b); }
V_INLINE vi v_bits(vf x) { return (vi)x; }
V_INLINE vf v_from_bits(vi x) { return (vf)x; }
V_INLINE vf v_to_float(vi x) { return __builtin_convertvector(x, vf); }
V_INLINE vi v_to_int(vf x) { return __builtin_convertvector(__builtin_elementwise_roundeven(x), vi); }
V_INLINE vf v_sqrt(vf x) { return __builtin_elementwise_sqrt(x); }
V_INLINE vf v_floor(vf x) { return __builtin_elementwise_floor(x); }
V_INLINE vf v_ceil(vf x) { return __builtin_elementwise_ceil(x); }
V_INLINE vf v_round(vf x) { return __builtin_elementwise_roundeven(x); }
V_INLINE vf v_abs(vf x) { return __builtin_elementwise_abs(x); }
V_INLINE float v_sum(vf x) { return (x[0] + x[1]) + (x[2] + x[3]); }
V_INLINE float v_highest(vf x) {
    vf y = v_max(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));
    return y[0] > y[1] ? y[0] : y[1];
}
V_INLINE float v_lowest(vf x) {
    vf y = v_min(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));
    return y[0] < y[1] ? y[0] : y[1];
}
V_INLINE vf v_load_valid(const float *p, vi offset) {
    vf x = v_set(0);
    for (int i = 0; i < 4; ++i) {
        if (offset[i] >= 0) x[i] = p[i];
    }
    return x;
}
V_INLINE vf v_gather_valid(const float *p, vi offset) {
    vf x = v_set(0);
    for (int i = 0; i < 4; ++i) {
        if (offset[i] >= 0) x[i] = p[offset[i]];
    }
    return x;
}
V_INLINE vf v_load_even(const float *p) {
    return __builtin_shufflevector(v_load(p), v_load_n(p + 4, 3), 0, 2, 4, 6);
}
V_INLINE void v_transpose_rows(const float *const *rows, size_t p, float *y, size_t target_stride, size_t n) {
    vf a = v_load(rows[0] + p), b = v_load(rows[1] + p), c = v_load(rows[2] + p), d = v_load(rows[3] + p);
    vf ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    vf cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    v_store_n(y, __builtin_shufflevector(ab, cd, 0, 1, 4, 5), n);
    v_store_n(y + target_stride, __builtin_shufflevector(ab, cd, 2, 3, 6, 7), n);
    v_store_n(y + 2 * target_stride, __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5), n);
    v_store_n(y + 3 * target_stride, __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7), n);
}
V_INLINE vf v_load_f16(const uint16_t *p) {
    return (vf){half_to_float(p[0]), half_to_float(p[1]), half_to_float(p[2]), half_to_float(p[3])};
}
V_INLINE void v_store_f16(uint16_t *p, vf x) {
    for (int i = 0; i < 4; ++i) p[i] = float_to_half(x[i]);
}
V_INLINE vf v_load_u8(const uint8_t *p) { return (vf){(float)p[0], (float)p[1], (float)p[2], (float)p[3]}; }
V_INLINE vf v_load_s8(const int8_t *p) { return (vf){(float)p[0], (float)p[1], (float)p[2], (float)p[3]}; }
/// The lowest four bits of each word as a number.
V_INLINE vf v_low_nibble(vi x) { return v_to_float(x & vi_set(15)); }
V_INLINE vf v_load_u16_high(const uint16_t *p) {
    return (vf)(vi){(int32_t)((uint32_t)p[0] << 16), (int32_t)((uint32_t)p[1] << 16), (int32_t)((uint32_t)p[2] << 16),
                    (int32_t)((uint32_t)p[3] << 16)};
}
V_INLINE void vi_store_u8(uint8_t *p, vi x) {
    for (int i = 0; i < 4; ++i) p[i] = (uint8_t)x[i];
}
V_INLINE void vi_store_u16(uint16_t *p, vi x) {
    for (int i = 0; i < 4; ++i) p[i] = (uint16_t)x[i];
}
/// x * 2^n for whole n of at most 254 in size.
V_INLINE vf v_scale(vf x, vf n) {
    const vi exponent = v_to_int(v_select(v_nan(n), v_set(0), n)), half = exponent >> 1;
    return x * v_from_bits((half + vi_set(127)) << 23) * v_from_bits((exponent - half + vi_set(127)) << 23);
}
/// x * 2^floor(n), and what n has above its floor.
V_INLINE vf v_scale_floor(vf x, vf n) { return v_scale(x, v_floor(n)); }
V_INLINE vf v_fraction(vf n) { return n - v_floor(n); }
V_INLINE vf v_reciprocal(vf x) { return v_set(1.0f) / x; }

#endif
