// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// The vocabulary of kernel bodies for sixteen floats at a time.

#ifndef APUS_SIMD_AVX512_H
#define APUS_SIMD_AVX512_H

#include "common.h"

#define VL 16
typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef __mmask16 vm;

V_INLINE vf v_set(float x) { return (vf)_mm512_set1_ps(x); }
V_INLINE vi vi_set(int32_t x) { return (vi)_mm512_set1_epi32(x); }
V_INLINE vf v_load(const float *p) { return (vf)_mm512_loadu_ps(p); }
V_INLINE void v_store(float *p, vf x) { _mm512_storeu_ps(p, (__m512)x); }
V_INLINE vm v_first(size_t n) { return (vm)((1u << (n < 16 ? n : 16)) - 1); }
V_INLINE vf v_load_n(const float *p, size_t n) { return (vf)_mm512_maskz_loadu_ps(v_first(n), p); }
V_INLINE void v_store_n(float *p, vf x, size_t n) { _mm512_mask_storeu_ps(p, v_first(n), (__m512)x); }
V_INLINE vi vi_load(const int32_t *p) { return (vi)_mm512_loadu_si512(p); }
V_INLINE void vi_store(int32_t *p, vi x) { _mm512_storeu_si512(p, (__m512i)x); }
V_INLINE void vi_store_n(int32_t *p, vi x, size_t n) { _mm512_mask_storeu_epi32(p, v_first(n), (__m512i)x); }
V_INLINE vi vi_load_n(const int32_t *p, size_t n) { return (vi)_mm512_maskz_loadu_epi32(v_first(n), p); }
V_INLINE vf v_fma(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
V_INLINE vf v_fma_exact(vf a, vf b, vf c) { return v_fma(a, b, c); }
V_INLINE vm v_lt(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ); }
V_INLINE vm v_gt(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ); }
V_INLINE vm v_eq(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ); }
V_INLINE vm v_nan(vf a) { return _mm512_cmp_ps_mask((__m512)a, (__m512)a, _CMP_UNORD_Q); }
V_INLINE vm vi_ge(vi a, vi b) { return _mm512_cmpge_epi32_mask((__m512i)a, (__m512i)b); }
V_INLINE vm vi_eq(vi a, vi b) { return _mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b); }
V_INLINE int vm_any(vm m) { return m != 0; }
V_INLINE vf v_select(vm m, vf yes, vf no) { return (vf)_mm512_mask_blend_ps(m, (__m512)no, (__m512)yes); }
V_INLINE vf v_max(vf a, vf b) { return (vf)_mm512_max_ps((__m512)a, (__m512)b); }
V_INLINE vf v_min(vf a, vf b) { return (vf)_mm512_min_ps((__m512)a, (__m512)b); }
V_INLINE vi v_bits(vf x) { return (vi)x; }
V_INLINE vf v_from_bits(vi x) { return (vf)x; }
V_INLINE vf v_to_float(vi x) { return (vf)_mm512_cvtepi32_ps((__m512i)x); }
V_INLINE vi v_to_int(vf x) { return (vi)_mm512_cvtps_epi32((__m512)x); }
V_INLINE vf v_sqrt(vf x) { return (vf)_mm512_sqrt_ps((__m512)x); }
/// x * 2^n for whole n.
V_INLINE vf v_scale(vf x, vf n) { return (vf)_mm512_scalef_ps((__m512)x, (__m512)n); }
/// x * 2^floor(n), and what n has above its floor.
V_INLINE vf v_scale_floor(vf x, vf n) { return v_scale(x, n); }
V_INLINE vf v_fraction(vf n) { return (vf)_mm512_reduce_ps((__m512)n, 0x09); }
/// 1 / x within two units in the last place, for x of ordinary size.
V_INLINE vf v_reciprocal(vf x) {
    const vf y = (vf)_mm512_rcp14_ps((__m512)x);
    return v_fma(y, (vf)_mm512_fnmadd_ps((__m512)x, (__m512)y, (__m512)v_set(1.0f)), y);
}
V_INLINE vf v_floor(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, 0x09); }
V_INLINE vf v_ceil(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, 0x0a); }
V_INLINE vf v_round(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, 0x08); }
V_INLINE vf v_abs(vf x) { return (vf)((vi)x & vi_set(0x7fffffff)); }
V_INLINE float v_sum(vf x) { return _mm512_reduce_add_ps((__m512)x); }
V_INLINE float v_highest(vf x) { return _mm512_reduce_max_ps((__m512)x); }
V_INLINE float v_lowest(vf x) { return _mm512_reduce_min_ps((__m512)x); }
V_INLINE vf v_load_valid(const float *p, vi offset) {
    return (vf)_mm512_maskz_loadu_ps(vi_ge(offset, vi_set(0)), p);
}
V_INLINE vf v_gather_valid(const float *p, vi offset) {
    return (vf)_mm512_mask_i32gather_ps(_mm512_setzero_ps(), vi_ge(offset, vi_set(0)), (__m512i)offset, p, 4);
}
V_INLINE vf v_load_even(const float *p) {
    return __builtin_shufflevector(v_load(p), v_load_n(p + 16, 15), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26,
                                   28, 30);
}
V_INLINE void v_transpose_rows(const float *const *rows, size_t p, float *y, size_t target_stride, size_t n) {
    vf a[16], b[16];
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; ++i) a[i] = v_load(rows[i] + p);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i += 2) {
        b[i] = (vf)_mm512_unpacklo_ps((__m512)a[i], (__m512)a[i + 1]);
        b[i + 1] = (vf)_mm512_unpackhi_ps((__m512)a[i], (__m512)a[i + 1]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i += 4) {
        __m512d o = (__m512d)b[i], q = (__m512d)b[i + 1], r = (__m512d)b[i + 2], s = (__m512d)b[i + 3];
        a[i] = (vf)_mm512_unpacklo_pd(o, r);
        a[i + 1] = (vf)_mm512_unpackhi_pd(o, r);
        a[i + 2] = (vf)_mm512_unpacklo_pd(q, s);
        a[i + 3] = (vf)_mm512_unpackhi_pd(q, s);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; ++i) {
        __m512 o = (__m512)a[i], q = (__m512)a[i + 4], r = (__m512)a[i + 8], s = (__m512)a[i + 12];
        __m512 pq = _mm512_shuffle_f32x4(o, q, 0x88), rs = _mm512_shuffle_f32x4(r, s, 0x88);
        __m512 pq2 = _mm512_shuffle_f32x4(o, q, 0xdd), rs2 = _mm512_shuffle_f32x4(r, s, 0xdd);
        v_store_n(y + (size_t)i * target_stride, (vf)_mm512_shuffle_f32x4(pq, rs, 0x88), n);
        v_store_n(y + (size_t)(i + 4) * target_stride, (vf)_mm512_shuffle_f32x4(pq2, rs2, 0x88), n);
        v_store_n(y + (size_t)(i + 8) * target_stride, (vf)_mm512_shuffle_f32x4(pq, rs, 0xdd), n);
        v_store_n(y + (size_t)(i + 12) * target_stride, (vf)_mm512_shuffle_f32x4(pq2, rs2, 0xdd), n);
    }
}
V_INLINE vf v_load_f16(const uint16_t *p) { return (vf)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
V_INLINE void v_store_f16(uint16_t *p, vf x) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
V_INLINE vf v_load_u8(const uint8_t *p) {
    return (vf)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
V_INLINE vf v_load_s8(const int8_t *p) {
    return (vf)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
/// The lowest four bits of each word as a number.
V_INLINE vf v_low_nibble(vi x) {
    const __m512 numbers = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return (vf)_mm512_permutexvar_ps((__m512i)x, numbers);
}
V_INLINE vf v_load_u16_high(const uint16_t *p) {
    return (vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16);
}
V_INLINE void vi_store_u8(uint8_t *p, vi x) { _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8((__m512i)x)); }
V_INLINE vf v_load_u8_n(const uint8_t *p, size_t n) {
    return (vf)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)v_first(n), p)));
}
#define V_HAS_CODES 1
/// Bytes of words, four to a lane: those of the first vector in its lowest four, and so on.
V_INLINE vi vi_codes(vi a, vi b, vi c, vi d, int32_t zero, uint8_t low, uint8_t high) {
    const __m512i shift = _mm512_set1_epi16((int16_t)zero);
    const __m512i first = _mm512_adds_epi16(_mm512_packs_epi32((__m512i)a, (__m512i)b), shift);
    const __m512i second = _mm512_adds_epi16(_mm512_packs_epi32((__m512i)c, (__m512i)d), shift);
    const __m512i codes = _mm512_max_epu8(_mm512_packus_epi16(first, second), _mm512_set1_epi8((char)low));
    return (vi)_mm512_min_epu8(codes, _mm512_set1_epi8((char)high));
}
/// `round(x) + zero` of four vectors as bytes, one after the other, kept to `low ... high`; x must fit 32 bits.
V_INLINE vi v_codes(vf a, vf b, vf c, vf d, int32_t zero, uint8_t low, uint8_t high) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const vi codes = vi_codes(v_to_int(a), v_to_int(b), v_to_int(c), v_to_int(d), zero, low, high);
    return (vi)_mm512_permutexvar_epi32(order, (__m512i)codes);
}
/// Stores bytes `16 * vectors * part` and on, for one or two vectors, `n` at most.
V_INLINE void v_store_codes(uint8_t *p, vi codes, const size_t part, const size_t vectors, size_t n) {
    if (vectors == 2) {
        const __m256i bytes =
            part == 0 ? _mm512_castsi512_si256((__m512i)codes) : _mm512_extracti64x4_epi64((__m512i)codes, 1);
        if (n >= 32) {
            _mm256_storeu_si256((__m256i *)p, bytes);
        } else {
            _mm256_mask_storeu_epi8(p, (1u << n) - 1, bytes);
        }
        return;
    }
    __m128i bytes = _mm512_castsi512_si128((__m512i)codes);
    if (part == 1) bytes = _mm512_extracti32x4_epi32((__m512i)codes, 1);
    if (part == 2) bytes = _mm512_extracti32x4_epi32((__m512i)codes, 2);
    if (part == 3) bytes = _mm512_extracti32x4_epi32((__m512i)codes, 3);
    _mm_mask_storeu_epi8(p, (__mmask16)v_first(n), bytes);
}
V_INLINE void vi_store_u16(uint16_t *p, vi x) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16((__m512i)x));
}

#endif
