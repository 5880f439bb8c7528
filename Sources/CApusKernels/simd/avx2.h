// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// The vocabulary of kernel bodies for eight floats at a time.

#ifndef APUS_SIMD_AVX2_H
#define APUS_SIMD_AVX2_H

#include "common.h"

#define VL 8
typedef float vf __attribute__((vector_size(32)));
typedef int32_t vi __attribute__((vector_size(32)));
typedef vi vm;

V_INLINE vf v_set(float x) { return (vf)_mm256_set1_ps(x); }
V_INLINE vi vi_set(int32_t x) { return (vi)_mm256_set1_epi32(x); }
V_INLINE vf v_load(const float *p) { return (vf)_mm256_loadu_ps(p); }
V_INLINE void v_store(float *p, vf x) { _mm256_storeu_ps(p, (__m256)x); }
V_INLINE vm v_first(size_t n) {
    vi lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    return lanes < vi_set((int32_t)(n < 8 ? n : 8));
}
V_INLINE vf v_load_n(const float *p, size_t n) { return (vf)_mm256_maskload_ps(p, (__m256i)v_first(n)); }
V_INLINE void v_store_n(float *p, vf x, size_t n) { _mm256_maskstore_ps(p, (__m256i)v_first(n), (__m256)x); }
V_INLINE vi vi_load(const int32_t *p) { return (vi)_mm256_loadu_si256((const __m256i *)p); }
V_INLINE void vi_store(int32_t *p, vi x) { _mm256_storeu_si256((__m256i *)p, (__m256i)x); }
V_INLINE void vi_store_n(int32_t *p, vi x, size_t n) { _mm256_maskstore_epi32(p, (__m256i)v_first(n), (__m256i)x); }
V_INLINE vi vi_load_n(const int32_t *p, size_t n) { return (vi)_mm256_maskload_epi32(p, (__m256i)v_first(n)); }
V_INLINE vf v_fma(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
V_INLINE vf v_fma_exact(vf a, vf b, vf c) { return v_fma(a, b, c); }
V_INLINE vm v_lt(vf a, vf b) { return a < b; }
V_INLINE vm v_gt(vf a, vf b) { return a > b; }
V_INLINE vm v_eq(vf a, vf b) { return a == b; }
V_INLINE vm v_nan(vf a) { return a != a; }
V_INLINE vm vi_ge(vi a, vi b) { return a >= b; }
V_INLINE vm vi_eq(vi a, vi b) { return a == b; }
V_INLINE int vm_any(vm m) { return _mm256_movemask_ps((__m256)m) != 0; }
V_INLINE vf v_select(vm m, vf yes, vf no) { return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)m); }
V_INLINE vf v_max(vf a, vf b) { return (vf)_mm256_max_ps((__m256)a, (__m256)b); }
V_INLINE vf v_min(vf a, vf b) { return (vf)_mm256_min_ps((__m256)a, (__m256)b); }
V_INLINE vi v_bits(vf x) { return (vi)x; }
V_INLINE vf v_from_bits(vi x) { return (vf)x; }
V_INLINE vf v_to_float(vi x) { return (vf)_mm256_cvtepi32_ps((__m256i)x); }
V_INLINE vi v_to_int(vf x) { return (vi)_mm256_cvtps_epi32((__m256)x); }
V_INLINE vf v_sqrt(vf x) { return (vf)_mm256_sqrt_ps((__m256)x); }
V_INLINE vf v_floor(vf x) { return (vf)_mm256_floor_ps((__m256)x); }
V_INLINE vf v_ceil(vf x) { return (vf)_mm256_ceil_ps((__m256)x); }
V_INLINE vf v_round(vf x) { return (vf)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
V_INLINE vf v_abs(vf x) { return (vf)((vi)x & vi_set(0x7fffffff)); }
V_INLINE float v_sum(vf x) {
    vf y = x + __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3);
    y += __builtin_shufflevector(y, y, 2, 3, 0, 1, 6, 7, 4, 5);
    return y[0] + y[1];
}
V_INLINE float v_highest(vf x) {
    vf y = v_max(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
    y = v_max(y, __builtin_shufflevector(y, y, 2, 3, 0, 1, 6, 7, 4, 5));
    return y[0] > y[1] ? y[0] : y[1];
}
V_INLINE float v_lowest(vf x) {
    vf y = v_min(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
    y = v_min(y, __builtin_shufflevector(y, y, 2, 3, 0, 1, 6, 7, 4, 5));
    return y[0] < y[1] ? y[0] : y[1];
}
V_INLINE vf v_load_valid(const float *p, vi offset) {
    return (vf)_mm256_maskload_ps(p, (__m256i)(offset >= vi_set(0)));
}
V_INLINE vf v_gather_valid(const float *p, vi offset) {
    return (vf)_mm256_mask_i32gather_ps(_mm256_setzero_ps(), p, (__m256i)offset, (__m256)(offset >= vi_set(0)), 4);
}
V_INLINE vf v_load_even(const float *p) {
    return __builtin_shufflevector(v_load(p), v_load_n(p + 8, 7), 0, 2, 4, 6, 8, 10, 12, 14);
}
V_INLINE void v_transpose_rows(const float *const *rows, size_t p, float *y, size_t target_stride, size_t n) {
    vf a[8], b[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; ++i) a[i] = v_load(rows[i] + p);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i += 2) {
        b[i] = (vf)_mm256_unpacklo_ps((__m256)a[i], (__m256)a[i + 1]);
        b[i + 1] = (vf)_mm256_unpackhi_ps((__m256)a[i], (__m256)a[i + 1]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i += 4) {
        __m256d o = (__m256d)b[i], q = (__m256d)b[i + 1], r = (__m256d)b[i + 2], s = (__m256d)b[i + 3];
        a[i] = (vf)_mm256_unpacklo_pd(o, r);
        a[i + 1] = (vf)_mm256_unpackhi_pd(o, r);
        a[i + 2] = (vf)_mm256_unpacklo_pd(q, s);
        a[i + 3] = (vf)_mm256_unpackhi_pd(q, s);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; ++i) {
        __m256 low = (__m256)a[i], high = (__m256)a[i + 4];
        v_store_n(y + (size_t)i * target_stride, (vf)_mm256_permute2f128_ps(low, high, 0x20), n);
        v_store_n(y + (size_t)(i + 4) * target_stride, (vf)_mm256_permute2f128_ps(low, high, 0x31), n);
    }
}
V_INLINE vf v_load_f16(const uint16_t *p) { return (vf)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
V_INLINE void v_store_f16(uint16_t *p, vf x) {
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph((__m256)x, _MM_FROUND_TO_NEAREST_INT));
}
V_INLINE vf v_load_u8(const uint8_t *p) {
    return (vf)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
V_INLINE vf v_load_s8(const int8_t *p) {
    return (vf)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
/// The lowest four bits of each word as a number.
V_INLINE vf v_low_nibble(vi x) { return v_to_float(x & vi_set(15)); }
V_INLINE vf v_load_u16_high(const uint16_t *p) {
    return (vf)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16);
}
V_INLINE void vi_store_u8(uint8_t *p, vi x) {
    typedef uint8_t bytes __attribute__((vector_size(8)));
    bytes y = __builtin_convertvector(x, bytes);
    memcpy(p, &y, 8);
}
V_INLINE void vi_store_u16(uint16_t *p, vi x) {
    typedef uint16_t words __attribute__((vector_size(16)));
    words y = __builtin_convertvector(x, words);
    memcpy(p, &y, 16);
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
