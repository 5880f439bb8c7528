// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Dot products of four bytes, one column to a 32-bit lane.

#ifndef APUS_SIMD_BYTES_H
#define APUS_SIMD_BYTES_H

#define BYTE_VECTORS (8 / VL)
#define BYTE_OUTPUTS BYTE_VECTORS

V_INLINE vi byte_lane(vi x, int i, const int is_signed) {
    return is_signed ? (x << (24 - 8 * i)) >> 24 : (x >> (8 * i)) & vi_set(255);
}
V_INLINE void byte_load(const uint8_t *p, const int is_signed, vi x[BYTE_VECTORS]) {
    (void)is_signed;
    for (size_t v = 0; v < BYTE_VECTORS; ++v) memcpy(&x[v], p + v * VL * 4, VL * 4);
}
V_INLINE vi byte_broadcast(const uint8_t *p, const int is_signed) {
    int32_t word;
    (void)is_signed;
    memcpy(&word, p, 4);
    return vi_set(word);
}
V_INLINE vi byte_dot(vi sum, vi a, vi b, const int is_a_signed) {
    for (int i = 0; i < 4; ++i) sum += byte_lane(a, i, is_a_signed) * byte_lane(b, i, !is_a_signed);
    return sum;
}
V_INLINE void byte_outputs(const vi sums[BYTE_VECTORS], vi y[BYTE_OUTPUTS]) {
    for (size_t v = 0; v < BYTE_VECTORS; ++v) y[v] = sums[v];
}

#endif
