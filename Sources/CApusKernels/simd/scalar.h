// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// The vocabulary of kernel bodies for one float at a time: the specification of the other vocabularies.

#ifndef APUS_SIMD_SCALAR_H
#define APUS_SIMD_SCALAR_H

#include "common.h"

#define VL 1
typedef float vf;
typedef int32_t vi;
typedef int32_t vm;

V_INLINE vf v_set(float x) { return x; }
V_INLINE vi vi_set(int32_t x) { return x; }
V_INLINE vf v_load(const float *p) { return *p; }
V_INLINE void v_store(float *p, vf x) { *p = x; }
V_INLINE vf v_load_n(const float *p, size_t n) { return n ? *p : 0.0f; }
V_INLINE void v_store_n(float *p, vf x, size_t n) {
    if (n) *p = x;
}
V_INLINE vi vi_load(const int32_t *p) { return *p; }
V_INLINE void vi_store(int32_t *p, vi x) { *p = x; }
V_INLINE void vi_store_n(int32_t *p, vi x, size_t n) {
    if (n) *p = x;
}
V_INLINE vi vi_load_n(const int32_t *p, size_t n) { return n ? *p : 0; }
V_INLINE vf v_fma(vf a, vf b, vf c) { return a * b + c; }
V_INLINE vf v_fma_exact(vf a, vf b, vf c) { return __builtin_fmaf(a, b, c); }
V_INLINE vm v_lt(vf a, vf b) { return a < b; }
V_INLINE vm v_gt(vf a, vf b) { return a > b; }
V_INLINE vm v_eq(vf a, vf b) { return a == b; }
V_INLINE vm v_nan(vf a) { return a != a; }
V_INLINE vm vi_ge(vi a, vi b) { return a >= b; }
V_INLINE vm vi_eq(vi a, vi b) { return a == b; }
V_INLINE int vm_any(vm m) { return m != 0; }
V_INLINE vf v_select(vm m, vf yes, vf no) { return m ? yes : no; }
V_INLINE vf v_max(vf a, vf b) { return a > b ? a : b; }
V_INLINE vf v_min(vf a, vf b) { return a < b ? a : b; }
V_INLINE vi v_bits(vf x) {
    vi r;
    memcpy(&r, &x, 4);
    return r;
}
V_INLINE vf v_from_bits(vi x) {
    vf r;
    memcpy(&r, &x, 4);
    return r;
}
V_INLINE vf v_to_float(vi x) { return (float)x; }
V_INLINE vi v_to_int(vf x) { return (int32_t)__builtin_rintf(x); }
V_INLINE vf v_sqrt(vf x) { return __builtin_sqrtf(x); }
V_INLINE vf v_floor(vf x) { return __builtin_floorf(x); }
V_INLINE vf v_ceil(vf x) { return __builtin_ceilf(x); }
V_INLINE vf v_round(vf x) { return __builtin_rintf(x); }
V_INLINE vf v_abs(vf x) { return __builtin_fabsf(x); }
V_INLINE float v_sum(vf x) { return x; }
V_INLINE float v_highest(vf x) { return x; }
V_INLINE float v_lowest(vf x) { return x; }
V_INLINE vf v_load_valid(const float *p, vi offset) { return offset >= 0 ? *p : 0.0f; }
V_INLINE vf v_gather_valid(const float *p, vi offset) { return offset >= 0 ? p[offset] : 0.0f; }
V_INLINE vf v_load_even(const float *p) { return *p; }
V_INLINE void v_transpose_rows(const float *const *rows, size_t p, float *y, size_t target_stride, size_t n) {
    (void)target_stride;
    if (n) *y = rows[0][p];
}
V_INLINE vf v_load_f16(const uint16_t *p) { return half_to_float(*p); }
V_INLINE void v_store_f16(uint16_t *p, vf x) { *p = float_to_half(x); }
V_INLINE vf v_load_u8(const uint8_t *p) { return (float)*p; }
V_INLINE vf v_load_s8(const int8_t *p) { return (float)*p; }
/// The lowest four bits of each word as a number.
V_INLINE vf v_low_nibble(vi x) { return v_to_float(x & vi_set(15)); }
V_INLINE vf v_load_u16_high(const uint16_t *p) { return v_from_bits((int32_t)((uint32_t)*p << 16)); }
V_INLINE void vi_store_u8(uint8_t *p, vi x) { *p = (uint8_t)x; }
V_INLINE void vi_store_u16(uint16_t *p, vi x) { *p = (uint16_t)x; }
/// The sum plus the product of the upper bf16 of two words, and then plus that of the lower ones.
V_INLINE vf v_dot_pairs(vf a, vf b, vf sum) {
    const uint32_t x = (uint32_t)v_bits(a), y = (uint32_t)v_bits(b);
    sum += v_from_bits((int32_t)(x & 0xffff0000)) * v_from_bits((int32_t)(y & 0xffff0000));
    return sum + v_from_bits((int32_t)(x << 16)) * v_from_bits((int32_t)(y << 16));
}
/// The word of two bf16.
V_INLINE vi v_pair(vi low, vi high) { return (int32_t)((uint32_t)low | (uint32_t)high << 16); }
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
