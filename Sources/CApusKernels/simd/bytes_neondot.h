// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Dot products of four bytes by an instruction that takes signed bytes only: an unsigned byte u is read as u - 128,
// and 128 times the sum of the bytes it meets is added again. That sum belongs to one operand, so that in a tile it is
// taken once for a column or row.

#ifndef APUS_SIMD_BYTES_H
#define APUS_SIMD_BYTES_H

#define BYTE_VECTORS 2
#define BYTE_OUTPUTS 2

V_INLINE vi byte_signed(vi x, const int is_signed) { return is_signed ? x : x ^ vi_set((int32_t)0x80808080); }
V_INLINE void byte_load(const uint8_t *p, const int is_signed, vi x[BYTE_VECTORS]) {
    for (int v = 0; v < BYTE_VECTORS; ++v) {
        memcpy(&x[v], p + 16 * v, 16);
        x[v] = byte_signed(x[v], is_signed);
    }
}
V_INLINE vi byte_broadcast(const uint8_t *p, const int is_signed) {
    int32_t word;
    memcpy(&word, p, 4);
    return byte_signed(vi_set(word), is_signed);
}
V_INLINE vi byte_dot(vi sum, vi a, vi b, const int is_a_signed) {
    const int8x16_t x = (int8x16_t)a, y = (int8x16_t)b;
    const vi total = (vi)vdotq_s32(vdupq_n_s32(0), is_a_signed ? x : y, vdupq_n_s8(1));
    return (vi)vdotq_s32((int32x4_t)(sum + (total << 7)), x, y);
}
V_INLINE void byte_outputs(const vi sums[BYTE_VECTORS], vi y[BYTE_OUTPUTS]) {
    y[0] = sums[0];
    y[1] = sums[1];
}

#endif
