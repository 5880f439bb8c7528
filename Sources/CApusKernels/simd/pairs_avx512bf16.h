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
