// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Products of pairs of bf16 with AVX-512 BF16.

V_INLINE vf v_dot_pairs(vf a, vf b, vf sum) {
    return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}

#define APUS_ROUNDS_VECTORS 1
/// Rounds a vector to bf16; what the products take for zero becomes zero.
V_INLINE void v_store_rounded(uint16_t *p, vf x) {
    _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh((__m512)x));
}
V_INLINE void v_store_rounded_n(uint16_t *p, vf x, size_t n) {
    if (n >= 16) {
        v_store_rounded(p, x);
    } else {
        _mm256_mask_storeu_epi16(p, v_first(n), (__m256i)_mm512_cvtneps_pbh((__m512)x));
    }
}
/// bf16 as floats, zeros after `n`.
V_INLINE vf v_load_rounded_n(const uint16_t *p, size_t n) {
    if (n >= 16) return v_load_u16_high(p);
    return (vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(v_first(n), p)), 16);
}
/// Words of two numbers rounded to bf16.
V_INLINE vf v_round_pair(vf low, vf high) {
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return (vf)_mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low));
}
