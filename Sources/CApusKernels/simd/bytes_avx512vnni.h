// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Dot products of four bytes by one instruction, which sums exactly into 32 bits.

#ifndef APUS_SIMD_BYTES_H
#define APUS_SIMD_BYTES_H

#define BYTE_VECTORS 2
#define BYTE_OUTPUTS 2

V_INLINE void byte_load(const uint8_t *p, const int is_signed, vi x[BYTE_VECTORS]) {
    (void)is_signed;
    x[0] = (vi)_mm512_loadu_si512(p);
    x[1] = (vi)_mm512_loadu_si512(p + 64);
}
V_INLINE vi byte_broadcast(const uint8_t *p, const int is_signed) {
    int32_t word;
    (void)is_signed;
    memcpy(&word, p, 4);
    return (vi)_mm512_set1_epi32(word);
}
V_INLINE vi byte_dot(vi sum, vi a, vi b, const int is_a_signed) {
    return is_a_signed ? (vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)b, (__m512i)a)
                       : (vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}
V_INLINE void byte_outputs(const vi sums[BYTE_VECTORS], vi y[BYTE_OUTPUTS]) {
    y[0] = sums[0];
    y[1] = sums[1];
}
V_INLINE vi byte_load_all(const uint8_t *p) { return (vi)_mm512_loadu_si512(p); }
V_INLINE vi byte_load_n(const uint8_t *p, size_t n) {
    return (vi)_mm512_maskz_loadu_epi8(n < 64 ? ((__mmask64)1 << n) - 1 : ~(__mmask64)0, p);
}
V_INLINE void byte_store_all(uint8_t *p, vi x) { _mm512_storeu_si512(p, (__m512i)x); }
V_INLINE void byte_store_n(uint8_t *p, vi x, size_t n) {
    _mm512_mask_storeu_epi8(p, n < 64 ? ((__mmask64)1 << n) - 1 : ~(__mmask64)0, (__m512i)x);
}
/// The bytes of two vectors by turns, halves of each lane of 16 apart.
V_INLINE void byte_pairs(vi a, vi b, vi pairs[2]) {
    pairs[0] = (vi)_mm512_unpacklo_epi8((__m512i)a, (__m512i)b);
    pairs[1] = (vi)_mm512_unpackhi_epi8((__m512i)a, (__m512i)b);
}
/// Words of four bytes, one of each vector: bytes 4 j ... 4 j + 3 of each lane of 16 in vector j.
V_INLINE void byte_quads(const vi near[2], const vi far[2], vi words[4]) {
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; ++half) {
        words[2 * half] = (vi)_mm512_unpacklo_epi16((__m512i)near[half], (__m512i)far[half]);
        words[2 * half + 1] = (vi)_mm512_unpackhi_epi16((__m512i)near[half], (__m512i)far[half]);
    }
}

#endif
