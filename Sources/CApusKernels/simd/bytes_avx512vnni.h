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

#endif
