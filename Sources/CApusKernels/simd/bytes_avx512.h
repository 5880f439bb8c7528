// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Dot products of four bytes, widened to sixteen bits so that no sum saturates.

#ifndef APUS_SIMD_BYTES_H
#define APUS_SIMD_BYTES_H

#define BYTE_VECTORS 2
#define BYTE_OUTPUTS 1

V_INLINE vi byte_widen(__m256i x, const int is_signed) {
    return (vi)(is_signed ? _mm512_cvtepi8_epi16(x) : _mm512_cvtepu8_epi16(x));
}
V_INLINE void byte_load(const uint8_t *p, const int is_signed, vi x[BYTE_VECTORS]) {
    x[0] = byte_widen(_mm256_loadu_si256((const __m256i *)p), is_signed);
    x[1] = byte_widen(_mm256_loadu_si256((const __m256i *)(p + 32)), is_signed);
}
V_INLINE vi byte_broadcast(const uint8_t *p, const int is_signed) {
    int32_t word;
    memcpy(&word, p, 4);
    return byte_widen(_mm256_set1_epi32(word), is_signed);
}
V_INLINE vi byte_dot(vi sum, vi a, vi b, const int is_a_signed) {
    (void)is_a_signed;
    return sum + (vi)_mm512_madd_epi16((__m512i)a, (__m512i)b);
}
V_INLINE void byte_outputs(const vi sums[BYTE_VECTORS], vi y[BYTE_OUTPUTS]) {
    y[0] = __builtin_shufflevector(sums[0], sums[1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
           __builtin_shufflevector(sums[0], sums[1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

#endif
